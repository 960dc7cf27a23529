//! One connection to a server, from the handshake to its end.

use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use reqwest::{
    Url,
    header::{HeaderName, HeaderValue},
};
use rmcp::{
    ClientHandler, Peer, RoleClient, ServiceError,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ClientCapabilities, ClientConfig,
        Implementation, JsonObject, PaginatedRequestParams, Tool,
    },
    service::{ClientInitializeError, RunningService, serve_client},
    transport::{
        StreamableHttpClientTransport, async_rw::AsyncRwTransport,
        streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{
    LARGEST_MESSAGE, McpError, clean,
    line::LimitedLines,
    process::{Launch, Process},
    questions::FewQuestions,
};

/// Most tools of a server.
const MOST_TOOLS: usize = 1_000;
/// Most pages that they come in.
const MOST_PAGES: usize = 200;
/// How long a connection may take to end well.
const GRACE: Duration = Duration::from_secs(1);
/// How long an ended server's last answer may still be on its way.
const LAST_WORDS: Duration = Duration::from_millis(250);

/// Where a server is.
#[derive(Clone)]
pub(super) enum Place {
    Stdio(Launch),
    Http {
        url: String,
        headers: Vec<(String, String)>,
    },
}

impl Place {
    /// In words, without anything secret: of an address that is its server alone, for some have
    /// their key in the path.
    pub(super) fn label(&self) -> Arc<str> {
        match self {
            Self::Stdio(launch) => launch.label().into(),
            Self::Http { url, .. } => match Url::parse(url) {
                Ok(url) => clean(&url.origin().ascii_serialization(), 200).into(),
                Err(_) => "at an address that is none".into(),
            },
        }
    }
}

/// What the server learns of this client.
struct Client;

impl ClientHandler for Client {
    fn get_info(&self) -> ClientConfig {
        let client = Implementation::new("agno", env!("CARGO_PKG_VERSION"));
        ClientConfig::new(ClientCapabilities::default(), client)
    }
}

type Service = RunningService<RoleClient, Client>;

/// A connection that has had its handshake.
pub(super) struct Connection {
    server: Arc<str>,
    peer: Peer<RoleClient>,
    service: Mutex<Option<Service>>,
    process: Option<Process>,
    /// The address as requests have it, query and all: never to be shown.
    address: Option<String>,
    too_long: Arc<AtomicBool>,
    /// A request found it broken.
    broken: AtomicBool,
}

impl Connection {
    /// Starts or reaches the server and asks for its tools.
    pub(super) async fn open(
        place: &Place,
        limit: Duration,
    ) -> Result<(Self, Vec<Tool>), McpError> {
        let server = place.label();
        let late = || McpError::Timeout {
            server: server.clone(),
            what: "the handshake".to_owned(),
            after: limit,
        };
        let opening = async {
            let connection = match place {
                Place::Stdio(launch) => Self::stdio(launch, server.clone()).await?,
                Place::Http { url, headers } => Self::http(url, headers, server.clone()).await?,
            };
            let tools = connection.list().await?;
            Ok((connection, tools))
        };
        timeout(limit, opening).await.map_err(|_| late())?
    }

    async fn stdio(launch: &Launch, server: Arc<str>) -> Result<Self, McpError> {
        let (process, stdout, stdin) = launch.start(&server)?;
        let too_long = Arc::new(AtomicBool::new(false));
        let lines = LimitedLines::new(stdout, LARGEST_MESSAGE, too_long.clone());
        let transport = FewQuestions::over(AsyncRwTransport::new_client(lines, stdin));
        let service = serve_client(Client, transport).await.map_err(|error| {
            let message = match (&error, too_long.load(Ordering::SeqCst)) {
                (_, true) => format!("it sent more than {LARGEST_MESSAGE} bytes in one message"),
                (ClientInitializeError::ConnectionClosed(_), _) => {
                    "it ended before it answered".to_owned()
                }
                _ => clean(&error.to_string(), 500),
            };
            McpError::Handshake {
                server: server.clone(),
                message,
            }
        })?;
        tokio::spawn(follow(process.gone(), service.cancellation_token()));
        Ok(Self::new(server, service, Some(process), None, too_long))
    }

    async fn http(
        url: &str,
        headers: &[(String, String)],
        server: Arc<str>,
    ) -> Result<Self, McpError> {
        let wrong = |message: &str| McpError::Settings {
            server: server.clone(),
            message: message.to_owned(),
        };
        let url = Url::parse(url).map_err(|error| wrong(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong("its address begins neither with http: nor https:"));
        }
        let mut custom = HashMap::new();
        for (name, value) in headers {
            let key = HeaderName::try_from(name);
            let key = key.map_err(|_| wrong("a header has a name that is none"))?;
            let value = HeaderValue::try_from(value);
            let mut value = value
                .map_err(|_| wrong(&format!("the header `{key}` has a value that is none")))?;
            value.set_sensitive(true);
            custom.insert(key, value);
        }
        let address = url.to_string();
        let mut config = StreamableHttpClientTransportConfig::with_uri(address.clone());
        config.custom_headers = custom;
        config.max_sse_event_size = LARGEST_MESSAGE;
        // Its client follows redirects within the server's own origin alone.
        let transport = StreamableHttpClientTransport::from_config(config);
        let transport = FewQuestions::over(transport);
        let service =
            serve_client(Client, transport)
                .await
                .map_err(|error| McpError::Handshake {
                    server: server.clone(),
                    message: match &error {
                        ClientInitializeError::TransportError { error, .. } => {
                            without(&causes(&*error.error), &address, &server)
                        }
                        error => without(&error.to_string(), &address, &server),
                    },
                })?;
        let too_long = Arc::default();
        Ok(Self::new(server, service, None, Some(address), too_long))
    }

    fn new(
        server: Arc<str>,
        service: Service,
        process: Option<Process>,
        address: Option<String>,
        too_long: Arc<AtomicBool>,
    ) -> Self {
        Self {
            server,
            peer: service.peer().clone(),
            service: Mutex::new(Some(service)),
            process,
            address,
            too_long,
            broken: AtomicBool::new(false),
        }
    }

    /// Whether requests have a chance.
    pub(super) fn is_alive(&self) -> bool {
        !self.broken.load(Ordering::SeqCst) && !self.peer.is_transport_closed()
    }

    async fn list(&self) -> Result<Vec<Tool>, McpError> {
        let what = "its tools";
        let mut tools = Vec::new();
        let mut page = None;
        for _ in 0..MOST_PAGES {
            let mut params = PaginatedRequestParams::default();
            params.cursor = page;
            let listed = self.peer.list_tools(Some(params)).await;
            let listed = listed.map_err(|error| self.failed(error, what))?;
            tools.extend(listed.tools);
            page = listed.next_cursor;
            if tools.len() > MOST_TOOLS {
                break;
            }
            if page.is_none() {
                return Ok(tools);
            }
        }
        Err(self.malformed(what, format!("it offers more than {MOST_TOOLS} tools")))
    }

    /// Asks for its tools anew.
    pub(super) async fn list_within(&self, limit: Duration) -> Result<Vec<Tool>, McpError> {
        let listing = timeout(limit, self.list());
        listing.await.map_err(|_| self.late("its tools", limit))?
    }

    /// Calls a tool. Dropped, or when the time is over, the server is told to stop.
    pub(super) async fn call(
        &self,
        tool: &str,
        arguments: JsonObject,
        limit: Duration,
    ) -> Result<CallToolResult, McpError> {
        let what = format!("tool `{}`", clean(tool, 80));
        let mut params = CallToolRequestParams::new(Cow::Owned(tool.to_owned()));
        params.arguments = Some(arguments);
        let calling = timeout(limit, self.peer.call_tool_once(params));
        let answered = calling.await.map_err(|_| self.late(&what, limit))?;
        match answered.map_err(|error| self.failed(error, &what))? {
            CallToolResponse::Complete(result) => Ok(result),
            _ => Err(self.malformed(&what, "it wants input in the middle, which a tool has not")),
        }
    }

    /// Ends it: the connection first, then the program. Bounded in time.
    pub(super) async fn end(&self) {
        let service = {
            let mut service = self.service.lock().unwrap_or_else(PoisonError::into_inner);
            service.take()
        };
        if let Some(mut service) = service {
            let _ = service.close_with_timeout(GRACE).await;
        }
        if let Some(process) = &self.process {
            process.end().await;
        }
    }

    fn failed(&self, error: ServiceError, what: &str) -> McpError {
        let (server, what) = (self.server.clone(), what.to_owned());
        let too_long = self.too_long.load(Ordering::SeqCst);
        match error {
            ServiceError::McpError(error) => McpError::Refused {
                server,
                what,
                number: error.code.0,
                message: clean(&error.message, 2_000),
            },
            ServiceError::UnexpectedResponse => {
                self.malformed(&what, "it is the answer to another kind of request")
            }
            ServiceError::TransportClosed | ServiceError::Cancelled { .. } => {
                self.broken.store(true, Ordering::SeqCst);
                let message = match too_long {
                    true => format!("sent more than {LARGEST_MESSAGE} bytes in one message"),
                    false => "ended".to_owned(),
                };
                McpError::Died {
                    server,
                    what,
                    message,
                }
            }
            error => {
                self.broken.store(true, Ordering::SeqCst);
                let address = self.address.as_deref().unwrap_or_default();
                let said = match &error {
                    ServiceError::TransportSend(error) => causes(&*error.error),
                    error => error.to_string(),
                };
                let said = without(&said, address, &server);
                McpError::Died {
                    server,
                    what,
                    message: format!("was lost ({said})"),
                }
            }
        }
    }

    fn late(&self, what: &str, after: Duration) -> McpError {
        McpError::Timeout {
            server: self.server.clone(),
            what: what.to_owned(),
            after,
        }
    }

    pub(super) fn malformed(&self, what: &str, message: impl Into<String>) -> McpError {
        McpError::Malformed {
            server: self.server.clone(),
            what: what.to_owned(),
            message: message.into(),
        }
    }
}

/// Ends the connection some time after its program: another process may hold its pipes open, and
/// calls would wait for nobody.
async fn follow(
    gone: CancellationToken,
    connection: rmcp::service::RunningServiceCancellationToken,
) {
    gone.cancelled().await;
    tokio::time::sleep(LAST_WORDS).await;
    connection.cancel();
}

/// What an error and its sources say, each once.
fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        source = cause.source();
    }
    text
}

/// An error's text without the address, and of every other address its server alone: paths and
/// queries may hold a key.
fn without(text: &str, address: &str, label: &str) -> String {
    let text = match address.is_empty() {
        true => text.to_owned(),
        false => text.replace(address, label),
    };
    let words = text.split(' ').map(|word| {
        let Some((scheme, rest)) = word.split_once("://") else {
            return Cow::Borrowed(word);
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let host = rest[..end].rsplit('@').next().unwrap_or_default();
        let more = if end < rest.len() { "/…" } else { "" };
        Cow::Owned(format!("{scheme}://{host}{more}"))
    });
    clean(&words.collect::<Vec<_>>().join(" "), 500)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_errors_text_keeps_no_address_whole() {
        let address = "http://h/mcp?key=sk-1";
        let text = "for url (http://h/mcp?key=sk-1) and (https://u:sk-2@g:1/sk-3?sk-4) at http://f";
        assert_eq!(
            without(text, address, "http://h"),
            "for url (http://h) and (https://g:1/… at http://f"
        );
    }
}
