//! HTTP requests to the servers of a list.

mod path;

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use reqwest::{
    Method,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    guard::{FetchError, Fetcher, Guard, Outgoing, Policy, parsed, plain},
    text::within,
};
use crate::{Tool, ToolContext};

/// Longest body that a model is shown, in bytes.
const SHOWN: usize = 64 * 1024;

/// Headers that are the connection's, not the model's.
const OF_THE_CONNECTION: [&str; 13] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Headers by which some servers take a request for another: with another method or path, or from
/// somebody else. What is sent would not be what the list allows.
const IN_DISGUISE: [&str; 14] = [
    "cf-connecting-ip",
    "forwarded",
    "true-client-ip",
    "x-client-ip",
    "x-host",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-host",
    "x-original-method",
    "x-original-uri",
    "x-original-url",
    "x-real-ip",
    "x-rewrite-url",
];

/// A server that requests may go to. Default: `GET` and `HEAD`, any path, `https` only, not on a
/// private network.
#[derive(Clone)]
pub struct Endpoint {
    host: String,
    port: Option<u16>,
    paths: Vec<String>,
    methods: Vec<String>,
    headers: Vec<(String, String)>,
    plain_http: bool,
    intranet: bool,
}

impl Endpoint {
    /// A host by its name, `api.example.com`; with a port, `api.example.com:8443`, only that port.
    pub fn new(host: impl AsRef<str>) -> Self {
        let host = host.as_ref();
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if !name.contains(':') || name.ends_with(']') => {
                match port.parse() {
                    Ok(port) => (name, Some(port)),
                    Err(_) => (host, None),
                }
            }
            _ => (host, None),
        };
        Self {
            host: plain(name),
            port,
            paths: Vec::new(),
            methods: vec!["GET".to_owned(), "HEAD".to_owned()],
            headers: Vec::new(),
            plain_http: false,
            intranet: false,
        }
    }

    /// Only this path and those below it: `/v1` lets `/v1/users` through, not `/v10`. Several are
    /// alternatives.
    #[must_use]
    pub fn path(mut self, prefix: impl Into<String>) -> Self {
        self.paths.push(prefix.into());
        self
    }

    /// These methods, in place of `GET` and `HEAD`.
    #[must_use]
    pub fn methods<M: AsRef<str>>(mut self, methods: impl IntoIterator<Item = M>) -> Self {
        let methods = methods.into_iter();
        self.methods = methods
            .map(|method| method.as_ref().to_ascii_uppercase())
            .collect();
        self
    }

    /// A header that goes to this server with every request, such as a key. The model neither sees
    /// nor changes it, and where an answer or an error repeats its value, it is blacked out.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Also without encryption. Its headers then travel readably.
    #[must_use]
    pub fn plain_http(mut self) -> Self {
        self.plain_http = true;
        self
    }

    /// Also if its address is a private one.
    #[must_use]
    pub fn intranet(mut self) -> Self {
        self.intranet = true;
        self
    }

    /// Why a request is not let through.
    fn refusal(&self, method: &str, url: &Url) -> Option<String> {
        if url.scheme() != "https" && !self.plain_http {
            return Some(format!("{} takes https only", self.host));
        }
        if self
            .port
            .is_some_and(|port| url.port_or_known_default() != Some(port))
        {
            return Some(format!("another port of {} is", self.host));
        }
        if !self.methods.iter().any(|known| known == method) {
            return Some(format!("{} takes {}", self.host, self.methods.join(", ")));
        }
        if self.paths.is_empty() {
            return None;
        }
        let below = |prefix: &String| {
            let rest = url.path().strip_prefix(prefix.trim_end_matches('/'));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if path::is_ambiguous(url.path()) || !self.paths.iter().any(below) {
            return Some(format!(
                "{} takes paths below {}",
                self.host,
                self.paths.join(", ")
            ));
        }
        None
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.headers.iter().map(|(name, _)| name.as_str());
        f.debug_struct("Endpoint")
            .field("host", &self.host)
            .field("paths", &self.paths)
            .field("methods", &self.methods)
            .field("headers", &names.collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// A request, as a model or a step writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HttpCall {
    /// The method, such as GET or POST.
    pub method: String,
    /// The whole address, beginning with https://.
    pub url: String,
    /// Headers, by their names. Keys are added by the program.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body, as text.
    #[serde(default)]
    pub body: Option<String>,
}

/// What a server answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HttpAnswer {
    /// HTTP status.
    pub status: u16,
    /// Where it came from, after redirects.
    pub url: String,
    /// The body's type.
    pub content_type: Option<String>,
    /// The body, as text.
    pub body: String,
    /// Whether `body` is only the beginning of it.
    pub shortened: bool,
}

/// Makes HTTP requests to the servers of a list, and to no others: redirects are checked against
/// the list too. Any status is an answer. Cheap to clone.
///
/// Default limits: a body of 1 MiB, of which 64 KiB are shown; 20 seconds; 5 redirects.
///
/// ```
/// use agno_agents::tools::http_request::{Endpoint, HttpRequest};
///
/// let requests = HttpRequest::to([
///     Endpoint::new("api.example.com")
///         .path("/v1")
///         .methods(["GET", "POST"])
///         .header("authorization", "Bearer of-the-program"),
/// ]);
/// assert_eq!(requests.tool().name(), "http_request");
/// assert!(!format!("{requests:?}").contains("of-the-program"));
/// ```
#[derive(Clone, Debug)]
pub struct HttpRequest {
    endpoints: Arc<[Endpoint]>,
    fetcher: Fetcher,
}

impl HttpRequest {
    /// Requests to these servers.
    pub fn to(endpoints: impl IntoIterator<Item = Endpoint>) -> Self {
        Self::over(Guard::new(), endpoints)
    }

    /// Requests to these servers, under a guard of the program's own.
    pub fn over(guard: Guard, endpoints: impl IntoIterator<Item = Endpoint>) -> Self {
        let endpoints: Arc<[Endpoint]> = endpoints.into_iter().collect();
        let intranet = endpoints.iter().filter(|endpoint| endpoint.intranet);
        let guard = intranet.fold(guard, |guard, endpoint| guard.allow_host(&endpoint.host));
        Self {
            endpoints,
            fetcher: Fetcher::new(guard).largest(1024 * 1024),
        }
    }

    /// Longest time of a request, redirects and body included. Default: 20 seconds.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.fetcher = self.fetcher.timeout(timeout);
        self
    }

    /// Makes a request.
    ///
    /// # Errors
    ///
    /// [`FetchError::NotAllowed`] if the list does not have it, [`FetchError::Request`] if it
    /// cannot be written, and what else [`FetchError`] knows but statuses.
    pub async fn send(&self, call: HttpCall) -> Result<HttpAnswer, FetchError> {
        let method = call.method.to_ascii_uppercase();
        let request = Outgoing {
            method: Method::from_bytes(method.as_bytes()).map_err(|error| FetchError::Request {
                name: method.clone(),
                problem: error.to_string(),
            })?,
            url: parsed(&call.url)?,
            headers: headers(&call.headers)?,
            body: call.body.map(String::into_bytes),
        };
        let allowed = Allowed(&self.endpoints);
        let fetched = self.fetcher.exchange(request, &allowed).await;
        let fetched =
            fetched.map_err(|error| error.with_texts(|text| self.without_secrets(text)))?;
        let text = self.without_secrets(String::from_utf8_lossy(&fetched.body).into_owned());
        let shown = within(&text, SHOWN);
        Ok(HttpAnswer {
            status: fetched.status,
            content_type: fetched
                .content_type()
                .map(|kind| self.without_secrets(kind)),
            shortened: shown.len() < text.len(),
            body: shown.to_owned(),
            url: self.without_secrets(fetched.url),
        })
    }

    /// A server may repeat what it was sent.
    fn without_secrets(&self, mut text: String) -> String {
        let headers = self.endpoints.iter().flat_map(|endpoint| &endpoint.headers);
        for (_, value) in headers {
            // `Bearer <key>`: the key alone is a secret too.
            for secret in [Some(value.as_str()), value.split_whitespace().last()] {
                let Some(secret) = secret.filter(|secret| secret.len() >= 6) else {
                    continue;
                };
                if text.contains(secret) {
                    text = text.replace(secret, "[secret]");
                }
            }
        }
        text
    }

    /// The tool `http_request(method, url, headers, body)`. If a server takes `POST`, `PATCH` or a
    /// method of its own, it is [not idempotent](Tool::not_idempotent).
    pub fn tool(&self) -> Tool {
        let hosts = self.endpoints.iter().map(|endpoint| {
            let paths = match endpoint.paths.as_slice() {
                [] => String::new(),
                paths => format!(" below {}", paths.join(", ")),
            };
            format!("{} ({}{paths})", endpoint.host, endpoint.methods.join(", "))
        });
        let hosts: Vec<String> = hosts.collect();
        let description = format!("Makes an HTTP request. Allowed: {}.", hosts.join("; "));
        let requests = self.clone();
        let tool = Tool::new(
            "http_request",
            description,
            move |call: HttpCall, _: ToolContext| {
                let requests = requests.clone();
                async move { requests.send(call).await }
            },
        );
        // RFC 9110, 9.2.2.
        let idempotent = ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"];
        let mut methods = self.endpoints.iter().flat_map(|endpoint| &endpoint.methods);
        if methods.all(|method| idempotent.contains(&method.as_str())) {
            tool
        } else {
            tool.not_idempotent()
        }
    }
}

fn headers(given: &BTreeMap<String, String>) -> Result<HeaderMap, FetchError> {
    let mut headers = HeaderMap::new();
    for (name, value) in given {
        let wrong = |problem: String| FetchError::Request {
            name: name.clone(),
            problem,
        };
        let parsed =
            HeaderName::from_bytes(name.as_bytes()).map_err(|error| wrong(error.to_string()))?;
        if OF_THE_CONNECTION.contains(&parsed.as_str()) {
            return Err(wrong("it is set by the connection".to_owned()));
        }
        if IN_DISGUISE.contains(&parsed.as_str()) || parsed.as_str().starts_with("x-forwarded-") {
            let problem = "a server could take the request for another than is allowed";
            return Err(wrong(problem.to_owned()));
        }
        let value = HeaderValue::from_str(value).map_err(|error| wrong(error.to_string()))?;
        headers.append(parsed, value);
    }
    Ok(headers)
}

/// The list, asked before every hop.
struct Allowed<'a>(&'a [Endpoint]);

impl Policy for Allowed<'_> {
    fn hop(&self, method: &Method, url: &Url) -> Result<HeaderMap, FetchError> {
        let host = plain(url.host_str().unwrap_or_default());
        let mut reasons = Vec::new();
        for endpoint in self.0.iter().filter(|endpoint| endpoint.host == host) {
            match endpoint.refusal(method.as_str(), url) {
                None => return secrets(endpoint),
                Some(reason) => reasons.push(reason),
            }
        }
        if reasons.is_empty() {
            let hosts: Vec<&str> = self.0.iter().map(|one| one.host.as_str()).collect();
            reasons.push(format!("requests may go to {}", hosts.join(", ")));
        }
        let mut url = url.clone();
        url.set_query(None);
        Err(FetchError::NotAllowed {
            method: method.to_string(),
            url: url.to_string(),
            reason: reasons.join("; "),
        })
    }
}

/// The program's own headers for a server. An unfit one is named, its value is not.
fn secrets(endpoint: &Endpoint) -> Result<HeaderMap, FetchError> {
    let mut headers = HeaderMap::new();
    for (name, value) in &endpoint.headers {
        let wrong = || FetchError::Request {
            name: name.clone(),
            problem: "the program gives it a name or value that no header can have".to_owned(),
        };
        let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
        let mut value = HeaderValue::from_str(value).map_err(|_| wrong())?;
        value.set_sensitive(true);
        headers.append(parsed, value);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(endpoint: Endpoint, method: &str, url: &str) -> bool {
        let method = Method::from_bytes(method.as_bytes()).expect("method");
        let url = Url::parse(url).expect("url");
        Allowed(&[endpoint]).hop(&method, &url).is_ok()
    }

    #[test]
    fn a_request_has_to_be_on_the_list() {
        let api = Endpoint::new("API.example.com")
            .path("/v1/")
            .path("/status")
            .methods(["get", "POST"]);
        let cases = [
            ("GET", "https://api.example.com/v1", true),
            ("POST", "https://api.example.com./v1/users?x=1", true),
            ("GET", "https://api.example.com/status", true),
            ("GET", "https://api.example.com/v10", false),
            ("GET", "https://api.example.com/", false),
            ("GET", "https://api.example.com/v1/../admin", false),
            ("GET", "https://api.example.com/v1/%2e%2e/admin", false),
            ("GET", "https://api.example.com/v1/..%2fadmin", false),
            ("GET", "https://api.example.com/v1\\..\\admin", false),
            ("DELETE", "https://api.example.com/v1/users", false),
            ("GET", "http://api.example.com/v1", false),
            ("GET", "https://example.com/v1", false),
            ("GET", "https://api.example.com.evil.example/v1", false),
        ];
        for (method, url, expected) in cases {
            assert_eq!(
                allowed(api.clone(), method, url),
                expected,
                "{method} {url}"
            );
        }
        let ported = Endpoint::new("api.example.com:8443");
        assert!(allowed(
            ported.clone(),
            "GET",
            "https://api.example.com:8443/"
        ));
        assert!(!allowed(ported, "GET", "https://api.example.com/"));
    }

    #[test]
    fn what_does_harm_twice_is_said() {
        let read = HttpRequest::to([Endpoint::new("a.example")]);
        assert!(read.tool().options().idempotent);
        let write = HttpRequest::to([Endpoint::new("a.example").methods(["POST"])]);
        assert!(!write.tool().options().idempotent);
    }

    #[test]
    fn a_model_does_not_set_the_connections_headers() {
        let given = BTreeMap::from([("Host".to_owned(), "other.example".to_owned())]);
        assert!(matches!(headers(&given), Err(FetchError::Request { .. })));
        let given = BTreeMap::from([("x".to_owned(), "a\r\nhost: b".to_owned())]);
        assert!(matches!(headers(&given), Err(FetchError::Request { .. })));
    }
}
