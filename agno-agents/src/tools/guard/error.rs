//! Why something was not fetched.

use std::{net::IpAddr, time::Duration};

/// Why something was not fetched. No variant holds a header or a body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The text is no URL.
    #[error("`{url}` is no URL: {problem}")]
    Url {
        /// The text.
        url: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Another scheme than `http` and `https`.
    #[error("`{scheme}:` is not fetched, only http: and https:")]
    Scheme {
        /// The scheme.
        scheme: String,
    },
    /// The URL holds a user name or a password.
    #[error("the URL for {host} holds a user name or password: leave it out")]
    Credentials {
        /// The host.
        host: String,
    },
    /// The host is, or its name leads to, an address that is not on the public internet.
    #[error("{host} is refused: {}{reason}", shown(*address))]
    Refused {
        /// The host as it was asked for.
        host: String,
        /// The address; `None` if the name was enough.
        address: Option<IpAddr>,
        /// What kind of address it is.
        reason: &'static str,
    },
    /// The program's list does not allow the request.
    #[error("{method} {url} is not allowed: {reason}")]
    NotAllowed {
        /// The method.
        method: String,
        /// The URL, without its query.
        url: String,
        /// What is allowed.
        reason: String,
    },
    /// A header or method that cannot be sent.
    #[error("`{name}` cannot be sent: {problem}")]
    Request {
        /// Name of the header, or the method.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The host's name was not found.
    #[error("the address of {host} was not found: {problem}")]
    Lookup {
        /// The host.
        host: String,
        /// What the resolver said.
        problem: String,
    },
    /// No connection, or it broke.
    #[error("{host} was not reached: {problem}")]
    Transport {
        /// The host.
        host: String,
        /// What happened.
        problem: String,
    },
    /// It took too long.
    #[error("{url} was not fetched within {limit:?}")]
    Timeout {
        /// The URL.
        url: String,
        /// The time for everything: redirects, connections, body.
        limit: Duration,
    },
    /// The body is too large.
    #[error("{url} is larger than {limit} bytes")]
    TooLarge {
        /// The URL.
        url: String,
        /// Largest body, in bytes.
        limit: usize,
    },
    /// Redirected too often.
    #[error("{url} was redirected more than {limit} times")]
    TooManyRedirects {
        /// The URL that was asked for.
        url: String,
        /// Most redirects.
        limit: usize,
    },
    /// The server answered with another status than 200 to 299.
    #[error("{url} answered with status {status}")]
    Status {
        /// The URL.
        url: String,
        /// HTTP status.
        status: u16,
    },
    /// The body is of another type than was asked for.
    #[error("{url} is {found}, and only {wanted} is read")]
    ContentType {
        /// The URL.
        url: String,
        /// The body's type.
        found: String,
        /// The types that are read.
        wanted: String,
    },
    /// The body is compressed, although a plain one was asked for. It is not unpacked: a small
    /// body can become a huge one.
    #[error("{url} came compressed ({encoding}), although a plain body was asked for")]
    Compressed {
        /// The URL.
        url: String,
        /// The coding's name.
        encoding: String,
    },
    /// No client could be made: the system's certificates cannot be read, or the proxy's address
    /// is wrong.
    #[error("no HTTP client: {problem}")]
    Client {
        /// What happened.
        problem: String,
    },
}

fn shown(address: Option<IpAddr>) -> String {
    address
        .map(|address| format!("{address} is "))
        .unwrap_or_default()
}

impl FetchError {
    /// Whether the same request may succeed later.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Lookup { .. } | Self::Transport { .. } | Self::Timeout { .. } => true,
            Self::Status { status, .. } => matches!(status, 408 | 425 | 429 | 500..),
            _ => false,
        }
    }

    /// With what others have written in it passed through a function.
    pub(crate) fn with_texts(mut self, change: impl Fn(String) -> String) -> Self {
        let texts: Vec<&mut String> = match &mut self {
            Self::Url { url, problem } => vec![url, problem],
            Self::Scheme { scheme } => vec![scheme],
            Self::Credentials { host } | Self::Refused { host, .. } => vec![host],
            Self::NotAllowed { url, reason, .. } => vec![url, reason],
            Self::Request { name, problem } => vec![name, problem],
            Self::Lookup { host, problem } | Self::Transport { host, problem } => {
                vec![host, problem]
            }
            Self::Timeout { url, .. }
            | Self::TooLarge { url, .. }
            | Self::TooManyRedirects { url, .. }
            | Self::Status { url, .. } => vec![url],
            Self::ContentType { url, found, .. } => vec![url, found],
            Self::Compressed { url, encoding } => vec![url, encoding],
            Self::Client { problem } => vec![problem],
        };
        for text in texts {
            *text = change(std::mem::take(text));
        }
        self
    }
}
