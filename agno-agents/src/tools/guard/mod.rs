//! What a model may fetch: a guard between the addresses it writes and this machine's network.
//!
//! A URL is checked before every request and every redirect; a name is resolved once, each of its
//! addresses is checked, and the connection goes to exactly those, so that a name cannot lead
//! somewhere else between check and connection.

mod address;
mod error;
mod fetch;

use std::{collections::BTreeSet, fmt, io, net::IpAddr, sync::Arc};

use agno_core::BoxFuture;
use futures_util::FutureExt;
use url::{Host, Url};

pub(crate) use self::fetch::{Outgoing, Policy};
pub use self::{
    error::FetchError,
    fetch::{Fetched, Fetcher},
};

/// Finds the addresses of a host's name.
pub trait Lookup: Send + Sync {
    /// All addresses of the name.
    fn lookup<'a>(&'a self, host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>>;
}

/// The operating system's resolver.
struct System;

impl Lookup for System {
    fn lookup<'a>(&'a self, host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        async move {
            let found = tokio::net::lookup_host((host, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        }
        .boxed()
    }
}

/// Which hosts may be fetched from. Default: those on the public internet.
///
/// ```
/// use agno_agents::tools::guard::Guard;
///
/// let guard = Guard::new();
/// assert!(guard.check("https://example.com/page").is_ok());
/// assert!(guard.check("http://127.0.0.1").is_err());
/// assert!(guard.check("http://2130706433").is_err());
/// assert!(guard.check("file:///etc/passwd").is_err());
/// ```
#[derive(Clone)]
pub struct Guard {
    allowed: BTreeSet<String>,
    private: bool,
    lookup: Arc<dyn Lookup>,
}

impl Guard {
    /// Lets hosts on the public internet through.
    pub fn new() -> Self {
        Self {
            allowed: BTreeSet::new(),
            private: false,
            lookup: Arc::new(System),
        }
    }

    /// Lets this host through, by its name or address without a port, wherever it is.
    #[must_use]
    pub fn allow_host(mut self, host: impl AsRef<str>) -> Self {
        self.allowed.insert(plain(host.as_ref()));
        self
    }

    /// Lets every host through, wherever it is: a model can then reach whatever this machine can,
    /// its own services and its cloud's metadata among it.
    #[must_use]
    pub fn allow_private_addresses_of_every_host(mut self) -> Self {
        self.private = true;
        self
    }

    /// Finds addresses by another resolver than the operating system's. What it answers is checked.
    #[must_use]
    pub fn lookup(mut self, lookup: impl Lookup + 'static) -> Self {
        self.lookup = Arc::new(lookup);
        self
    }

    /// Checks what can be seen of a URL without asking the network. A name's addresses are checked
    /// when it is fetched.
    ///
    /// # Errors
    ///
    /// [`FetchError::Url`], [`FetchError::Scheme`], [`FetchError::Credentials`],
    /// [`FetchError::Refused`].
    pub fn check(&self, url: &str) -> Result<(), FetchError> {
        self.check_url(&parsed(url)?)
    }

    pub(crate) fn check_url(&self, url: &Url) -> Result<(), FetchError> {
        if !matches!(url.scheme(), "http" | "https") {
            let scheme = url.scheme().to_owned();
            return Err(FetchError::Scheme { scheme });
        }
        let Some(host) = url.host() else {
            return Err(FetchError::Url {
                url: url.to_string(),
                problem: "it names no host".to_owned(),
            });
        };
        let shown = host.to_string();
        if !url.username().is_empty() || url.password().is_some() {
            return Err(FetchError::Credentials { host: shown });
        }
        if self.exempt(&shown) {
            return Ok(());
        }
        let address = match host {
            Host::Domain(name) => {
                let name = plain(name);
                if name == "localhost" || name.ends_with(".localhost") {
                    return Err(FetchError::Refused {
                        host: shown,
                        address: None,
                        reason: "it is this machine",
                    });
                }
                return Ok(());
            }
            Host::Ipv4(address) => IpAddr::V4(address),
            Host::Ipv6(address) => IpAddr::V6(address),
        };
        refuse(&shown, address)
    }

    /// The addresses of a name, if all of them may be reached. One bad address among good ones is
    /// an attempt to get through.
    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, FetchError> {
        let failed = |problem: String| FetchError::Lookup {
            host: host.to_owned(),
            problem,
        };
        let found = self.lookup.lookup(host).await;
        let found = found.map_err(|error| failed(error.to_string()))?;
        if found.is_empty() {
            return Err(failed("it has none".to_owned()));
        }
        if !self.exempt(host) {
            for address in &found {
                refuse(host, *address)?;
            }
        }
        Ok(found)
    }

    fn exempt(&self, host: &str) -> bool {
        self.private || self.allowed.contains(&plain(host))
    }
}

fn refuse(host: &str, address: IpAddr) -> Result<(), FetchError> {
    match address::refusal(address) {
        None => Ok(()),
        Some(reason) => Err(FetchError::Refused {
            host: host.to_owned(),
            address: Some(address),
            reason,
        }),
    }
}

/// A host's name as it is compared: `[::1]` and `::1`, `example.com.` and `Example.com` are one.
pub(crate) fn plain(host: &str) -> String {
    let host = host.strip_prefix('[').unwrap_or(host);
    let host = host.strip_suffix(']').unwrap_or(host);
    host.trim_end_matches('.').to_lowercase()
}

/// Longest URL, in bytes. Source: RFC 9110, 4.1 asks for 8000 at least.
const LONGEST_URL: usize = 8 * 1024;

/// A longer one would only fill what a model reads.
fn short_enough(url: &str) -> Result<(), FetchError> {
    if url.len() <= LONGEST_URL {
        return Ok(());
    }
    Err(FetchError::Url {
        url: url.chars().take(200).collect(),
        problem: format!("it is longer than {LONGEST_URL} bytes"),
    })
}

/// A URL of a model's or program's text.
pub(crate) fn parsed(url: &str) -> Result<Url, FetchError> {
    short_enough(url)?;
    Url::parse(url.trim()).map_err(|error| FetchError::Url {
        url: url.chars().take(200).collect(),
        problem: error.to_string(),
    })
}

impl Default for Guard {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard")
            .field("allowed", &self.allowed)
            .field("private", &self.private)
            .finish_non_exhaustive()
    }
}
