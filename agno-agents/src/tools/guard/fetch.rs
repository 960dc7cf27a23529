//! Fetching under a guard: bounded in time, size and redirects.

use std::{
    error::Error as StdError,
    fmt,
    net::SocketAddr,
    sync::{Arc, OnceLock},
    time::Duration,
};

use futures_util::StreamExt;
use reqwest::{
    Client, Method, Proxy, Response, StatusCode,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{self, HeaderMap, HeaderValue},
    redirect,
};
use url::Url;

use super::{FetchError, Guard, parsed, short_enough};

/// What this program calls itself to servers.
const AGENT: &str = concat!("agno-workflows/", env!("CARGO_PKG_VERSION"));

/// Headers that are for one server and are not taken along to another.
const OF_ONE_HOST: [header::HeaderName; 3] = [
    header::AUTHORIZATION,
    header::COOKIE,
    header::PROXY_AUTHORIZATION,
];

/// Fetches what a [`Guard`] lets through. Without cookies, without the environment's proxies. Cheap
/// to clone; clones share their connections.
///
/// Default limits: 5 MiB, 20 seconds for everything, 5 redirects.
#[derive(Clone)]
pub struct Fetcher {
    guard: Guard,
    largest: usize,
    timeout: Duration,
    redirects: usize,
    proxy: Option<String>,
    client: Arc<OnceLock<Result<Client, FetchError>>>,
}

/// What a server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Where it came from, after redirects.
    pub url: String,
    /// HTTP status.
    pub status: u16,
    /// Its headers; those that are no text are left out.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
}

impl Fetched {
    /// A header, by its name in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The body's type in small letters, without parameters: `text/html`.
    pub fn content_type(&self) -> Option<String> {
        let value = self.header("content-type")?;
        let essence = value.split(';').next().unwrap_or_default();
        Some(essence.trim().to_ascii_lowercase())
    }

    /// The charset that the server names.
    pub fn charset(&self) -> Option<&str> {
        let value = self.header("content-type")?;
        let parameters = value.split(';').skip(1);
        parameters
            .filter_map(|parameter| parameter.split_once('='))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))
            .map(|(_, value)| value.trim().trim_matches('"'))
    }
}

/// A request to be made.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Vec<u8>>,
}

impl Outgoing {
    pub(crate) fn get(url: Url) -> Self {
        Self {
            method: Method::GET,
            url,
            headers: HeaderMap::new(),
            body: None,
        }
    }

    /// The request that a redirect asks for (RFC 9110, 15.4).
    fn moved(&mut self, status: StatusCode, to: Url) {
        let becomes_get = match status {
            StatusCode::SEE_OTHER => self.method != Method::HEAD,
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => self.method == Method::POST,
            _ => false,
        };
        if becomes_get {
            self.method = Method::GET;
            self.body = None;
            self.headers.remove(header::CONTENT_TYPE);
        }
        if self.url.origin() != to.origin() {
            for name in OF_ONE_HOST {
                self.headers.remove(name);
            }
        }
        self.url = to;
    }
}

/// What one kind of fetching asks beyond the guard.
pub(crate) trait Policy: Sync {
    /// Asked before each request, redirects included: may it be made, and with what more.
    fn hop(&self, _method: &Method, _url: &Url) -> Result<HeaderMap, FetchError> {
        Ok(HeaderMap::new())
    }

    /// Asked before the body is read.
    fn accept(&self, _head: &Fetched) -> Result<(), FetchError> {
        Ok(())
    }
}

/// Pages: a good status and one of these content types.
struct Page<'a>(&'a [&'a str]);

impl Policy for Page<'_> {
    fn accept(&self, head: &Fetched) -> Result<(), FetchError> {
        if !(200..300).contains(&head.status) {
            return Err(FetchError::Status {
                url: head.url.clone(),
                status: head.status,
            });
        }
        let found = head.content_type().unwrap_or_default();
        if self.0.is_empty() || self.0.contains(&found.as_str()) {
            return Ok(());
        }
        Err(FetchError::ContentType {
            url: head.url.clone(),
            found: if found.is_empty() {
                "of no stated type".to_owned()
            } else {
                found
            },
            wanted: self.0.join(", "),
        })
    }
}

impl Fetcher {
    /// Fetches what the guard lets through, under the default limits.
    pub fn new(guard: Guard) -> Self {
        Self {
            guard,
            largest: 5 * 1024 * 1024,
            timeout: Duration::from_secs(20),
            redirects: 5,
            proxy: None,
            client: Arc::default(),
        }
    }

    /// Largest body, in bytes. Default: 5 MiB.
    #[must_use]
    pub fn largest(mut self, bytes: usize) -> Self {
        self.largest = bytes;
        self
    }

    /// Longest time for everything: redirects, connections, body. Default: 20 seconds.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Most redirects. Default: 5.
    #[must_use]
    pub fn redirects(mut self, most: usize) -> Self {
        self.redirects = most;
        self
    }

    /// Goes through a proxy, such as `http://proxy.intranet:3128`. It then resolves the names, and
    /// has to refuse private addresses itself: here only what is written in a URL can be checked.
    #[must_use]
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(url.into());
        self.client = Arc::default();
        self
    }

    /// Fetches a page of one of the content types (in small letters; none means any).
    ///
    /// # Errors
    ///
    /// Any [`FetchError`] but [`FetchError::NotAllowed`] and [`FetchError::Request`].
    pub async fn fetch(&self, url: &str, content_types: &[&str]) -> Result<Fetched, FetchError> {
        let mut request = Outgoing::get(parsed(url)?);
        if let Ok(accept) = HeaderValue::from_str(&content_types.join(", "))
            && !content_types.is_empty()
        {
            request.headers.insert(header::ACCEPT, accept);
        }
        self.exchange(request, &Page(content_types)).await
    }

    /// Makes a request and follows where it is sent.
    pub(crate) async fn exchange(
        &self,
        request: Outgoing,
        policy: &dyn Policy,
    ) -> Result<Fetched, FetchError> {
        let url = request.url.to_string();
        let working = self.follow(request, policy);
        let limit = self.timeout;
        let done = tokio::time::timeout(limit, working).await;
        done.unwrap_or(Err(FetchError::Timeout { url, limit }))
    }

    async fn follow(
        &self,
        mut request: Outgoing,
        policy: &dyn Policy,
    ) -> Result<Fetched, FetchError> {
        let first = request.url.to_string();
        for _ in 0..=self.redirects {
            self.guard.check_url(&request.url)?;
            let more = policy.hop(&request.method, &request.url)?;
            let response = self.ask(&request, more).await?;
            match target(&response, &request.url)? {
                Some(to) => request.moved(response.status(), to),
                None => return self.read(response, &request.url, policy).await,
            }
        }
        Err(FetchError::TooManyRedirects {
            url: first,
            limit: self.redirects,
        })
    }

    async fn ask(&self, request: &Outgoing, more: HeaderMap) -> Result<Response, FetchError> {
        let mut headers = request.headers.clone();
        headers
            .entry(header::USER_AGENT)
            .or_insert(HeaderValue::from_static(AGENT));
        headers.insert(
            header::ACCEPT_ENCODING,
            HeaderValue::from_static("identity"),
        );
        // The program's own come last and win.
        headers.extend(more);
        let client = self.client.get_or_init(|| self.make_client());
        let client = client.as_ref().map_err(Clone::clone)?;
        let mut asked = client
            .request(request.method.clone(), request.url.clone())
            .headers(headers);
        if let Some(body) = &request.body {
            asked = asked.body(body.clone());
        }
        let answered = asked.send().await;
        answered.map_err(|error| failed(error, &request.url))
    }

    async fn read(
        &self,
        response: Response,
        url: &Url,
        policy: &dyn Policy,
    ) -> Result<Fetched, FetchError> {
        let headers = response.headers().iter();
        let headers = headers.filter_map(|(name, value)| {
            let value = value.to_str().ok()?;
            Some((name.as_str().to_owned(), value.to_owned()))
        });
        let mut fetched = Fetched {
            url: url.to_string(),
            status: response.status().as_u16(),
            headers: headers.collect(),
            body: Vec::new(),
        };
        policy.accept(&fetched)?;
        if let Some(encoding) = fetched.header("content-encoding")
            && !encoding.trim().eq_ignore_ascii_case("identity")
        {
            return Err(FetchError::Compressed {
                url: fetched.url.clone(),
                encoding: encoding.to_owned(),
            });
        }
        let limit = self.largest;
        let too_large = || FetchError::TooLarge {
            url: url.to_string(),
            limit,
        };
        if response
            .content_length()
            .is_some_and(|size| size > limit as u64)
        {
            return Err(too_large());
        }
        let mut stream = response.bytes_stream();
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|error| failed(error, url))?;
            if fetched.body.len() + chunk.len() > limit {
                return Err(too_large());
            }
            fetched.body.extend_from_slice(&chunk);
        }
        Ok(fetched)
    }

    fn make_client(&self) -> Result<Client, FetchError> {
        let wrong = |error: reqwest::Error| FetchError::Client {
            problem: root_cause(&error),
        };
        let proxy = self.proxy.as_deref().map(Proxy::all).transpose();
        let proxy = proxy.map_err(wrong)?;
        // The proxy may be on a private network; what is asked of it is still checked.
        let host = self.proxy.as_deref().and_then(|url| Url::parse(url).ok());
        let resolver = match host.as_ref().and_then(Url::host_str) {
            Some(host) => self.guard.clone().allow_host(host),
            None => self.guard.clone(),
        };
        let mut builder = Client::builder()
            .dns_resolver(Arc::new(Pinned(resolver)))
            .redirect(redirect::Policy::none())
            .referer(false)
            .no_proxy()
            // Whatever another crate has switched on: nothing is unpacked here.
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .connect_timeout(Duration::from_secs(10));
        if let Some(proxy) = proxy {
            builder = builder.proxy(proxy);
        }
        builder.build().map_err(wrong)
    }
}

/// Without the proxy's address, which may hold a password.
impl fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetcher")
            .field("guard", &self.guard)
            .field("largest", &self.largest)
            .field("timeout", &self.timeout)
            .field("redirects", &self.redirects)
            .finish_non_exhaustive()
    }
}

/// The only way from a name to an address: what it answers has been checked, and is connected to.
struct Pinned(Guard);

impl Resolve for Pinned {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.0.clone();
        Box::pin(async move {
            let found = guard.addresses(name.as_str()).await?;
            let found = found.into_iter().map(|ip| SocketAddr::new(ip, 0));
            Ok(Box::new(found) as Addrs)
        })
    }
}

/// Where a response sends the reader, if it does.
fn target(response: &Response, from: &Url) -> Result<Option<Url>, FetchError> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let Some(location) = response.headers().get(header::LOCATION) else {
        return Ok(None);
    };
    let location = String::from_utf8_lossy(location.as_bytes());
    short_enough(&location)?;
    let joined = from.join(&location).map_err(|error| FetchError::Url {
        url: location.chars().take(200).collect(),
        problem: format!("{from} redirects to it: {error}"),
    });
    joined.map(Some)
}

fn failed(error: reqwest::Error, url: &Url) -> FetchError {
    let error = error.without_url();
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(own) = cause.downcast_ref::<FetchError>() {
            return own.clone();
        }
        source = cause.source();
    }
    FetchError::Transport {
        host: url.host_str().unwrap_or_default().to_owned(),
        problem: root_cause(&error),
    }
}

/// The innermost error's text: the outer ones say that sending failed.
fn root_cause(error: &dyn StdError) -> String {
    let mut innermost = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    innermost.to_string()
}
