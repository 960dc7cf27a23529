//! A model that says what a test wants it to say.

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use agno_core::BoxFuture;
use serde_json::Value;

use super::{Capabilities, Delta, Deltas, Model, ModelError, ModelReply, ModelRequest};
use crate::{
    message::{Assistant, ToolCall},
    usage::Usage,
};

/// A model for tests: it gives prepared replies, one a turn, and keeps what it was asked.
///
/// Cheap to clone; clones share the script and the record. Its text comes in pieces of a word
/// where somebody listens.
///
/// ```
/// use agno_agents::{
///     Message, Model, ModelRequest,
///     model::{Deltas, Reply, Scripted},
/// };
/// use serde_json::json;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let model = Scripted::new([
///     Reply::tool("search", json!({ "query": "rust" })),
///     Reply::text("Rust is a language."),
/// ]);
/// let request = ModelRequest {
///     messages: vec![Message::user("What is Rust?")],
///     ..ModelRequest::default()
/// };
/// let first = model.respond(&request, &Deltas::none()).await?;
/// assert_eq!(first.message.tool_calls[0].name, "search");
/// assert_eq!(model.requests(), [request]);
/// # Ok::<_, agno_agents::ModelError>(())
/// # })?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Scripted {
    name: Arc<str>,
    capabilities: Capabilities,
    shared: Arc<Shared>,
}

struct Shared {
    script: Script,
    requests: Mutex<Vec<ModelRequest>>,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
}

type Answering = dyn Fn(&ModelRequest, usize) -> Reply + Send + Sync;

enum Script {
    Replies(Vec<Reply>),
    Function(Box<Answering>),
}

/// What a [`Scripted`] model says in one turn. A text is one too: `Scripted::new(["Yes."])`.
#[derive(Clone, Debug)]
pub struct Reply {
    outcome: Result<ModelReply, ModelError>,
    delay: Option<Duration>,
}

impl Reply {
    /// A text. Its words count as tokens.
    pub fn text(text: impl Into<String>) -> Self {
        Self::of(Assistant {
            text: text.into(),
            ..Assistant::default()
        })
    }

    /// A call of a tool.
    pub fn tool(name: impl Into<String>, arguments: Value) -> Self {
        Self::tools([(name.into(), arguments)])
    }

    /// Several calls of tools in one turn. Arguments that are a string are written as they are, so
    /// that a test can give broken ones.
    pub fn tools<N: Into<String>>(calls: impl IntoIterator<Item = (N, Value)>) -> Self {
        let call = |(name, arguments): (N, Value)| ToolCall {
            // Given when the turn is known.
            id: String::new(),
            name: name.into(),
            arguments: match arguments {
                Value::String(text) => text,
                other => other.to_string(),
            },
        };
        Self::of(Assistant {
            tool_calls: calls.into_iter().map(call).collect(),
            ..Assistant::default()
        })
    }

    /// A failure.
    pub fn error(error: ModelError) -> Self {
        Self {
            outcome: Err(error),
            delay: None,
        }
    }

    /// After a time. Default: at once.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = Some(delay);
        self
    }

    /// What it took. Default: one request, and a token for each word of the text.
    #[must_use]
    pub fn usage(mut self, usage: Usage) -> Self {
        if let Ok(reply) = &mut self.outcome {
            reply.usage = usage;
        }
        self
    }

    fn of(message: Assistant) -> Self {
        let finish = if message.tool_calls.is_empty() {
            "stop"
        } else {
            "tool_calls"
        };
        let written = message.text.split_whitespace().count();
        Self::from(ModelReply {
            usage: Usage {
                requests: 1,
                output_tokens: u64::try_from(written).unwrap_or(u64::MAX),
                ..Usage::default()
            },
            message,
            finish: finish.to_owned(),
            attempts: 1,
            ..ModelReply::default()
        })
    }
}

impl From<ModelReply> for Reply {
    fn from(reply: ModelReply) -> Self {
        Self {
            outcome: Ok(reply),
            delay: None,
        }
    }
}

impl From<ModelError> for Reply {
    fn from(error: ModelError) -> Self {
        Self::error(error)
    }
}

impl From<&str> for Reply {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Reply {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl Scripted {
    /// A model that gives these replies, one a turn. A turn beyond the last is a
    /// [`ModelError::Settings`] that says which.
    pub fn new<R: Into<Reply>>(replies: impl IntoIterator<Item = R>) -> Self {
        let replies = replies.into_iter().map(Into::into).collect();
        Self::with(Script::Replies(replies))
    }

    /// A model whose replies a function makes, of the request and the turn, counted from 1 over all
    /// clones.
    pub fn answering<R: Into<Reply>>(
        function: impl Fn(&ModelRequest, usize) -> R + Send + Sync + 'static,
    ) -> Self {
        let function = move |request: &ModelRequest, turn| function(request, turn).into();
        Self::with(Script::Function(Box::new(function)))
    }

    fn with(script: Script) -> Self {
        Self {
            name: "scripted".into(),
            capabilities: Capabilities {
                strict_schema: true,
                json_object: true,
                images: true,
                audio: true,
                video: true,
                files: true,
                ..Capabilities::default()
            },
            shared: Arc::new(Shared {
                script,
                requests: Mutex::default(),
                at_once: AtomicUsize::new(0),
                most_at_once: AtomicUsize::new(0),
            }),
        }
    }

    /// Another name. Default: `scripted`.
    #[must_use]
    pub fn named(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = name.into();
        self
    }

    /// What it says it can do. Default: everything, in OpenAI's dialect.
    #[must_use]
    pub fn with_capabilities(mut self, capabilities: Capabilities) -> Self {
        self.capabilities = capabilities;
        self
    }

    /// What it was asked so far, oldest first.
    pub fn requests(&self) -> Vec<ModelRequest> {
        self.shared.requests().clone()
    }

    /// The most requests that were under way at the same time.
    pub fn most_at_once(&self) -> usize {
        self.shared.most_at_once.load(Ordering::SeqCst)
    }
}

impl Shared {
    fn requests(&self) -> MutexGuard<'_, Vec<ModelRequest>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reply(&self, request: &ModelRequest, turn: usize) -> Reply {
        match &self.script {
            Script::Function(function) => function(request, turn),
            Script::Replies(replies) => replies.get(turn - 1).cloned().unwrap_or_else(|| {
                let problem = format!(
                    "the script has {} replies, and turn {turn} was asked for: \
                     give `Scripted::new` another one",
                    replies.len()
                );
                Reply::error(ModelError::Settings(problem))
            }),
        }
    }
}

/// A request under way. Dropped with its future, whether or not that came to its end.
struct UnderWay<'a>(&'a AtomicUsize);

impl<'a> UnderWay<'a> {
    fn begin(shared: &'a Shared) -> Self {
        let now = shared.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        shared.most_at_once.fetch_max(now, Ordering::SeqCst);
        Self(&shared.at_once)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Model for Scripted {
    fn name(&self) -> &str {
        &self.name
    }

    fn provider(&self) -> &'static str {
        "agno"
    }

    fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    fn respond<'a>(
        &'a self,
        request: &'a ModelRequest,
        deltas: &'a Deltas,
    ) -> BoxFuture<'a, Result<ModelReply, ModelError>> {
        Box::pin(async move {
            let _under_way = UnderWay::begin(&self.shared);
            let turn = {
                let mut requests = self.shared.requests();
                requests.push(request.clone());
                requests.len()
            };
            let reply = self.shared.reply(request, turn);
            if let Some(delay) = reply.delay {
                tokio::time::sleep(delay).await;
            }
            let mut reply = reply.outcome?;
            if reply.model.is_empty() {
                reply.model = self.name.to_string();
            }
            for (index, call) in reply.message.tool_calls.iter_mut().enumerate() {
                if call.id.is_empty() {
                    call.id = format!("call_{turn}_{}", index + 1);
                }
            }
            if deltas.wanted() {
                for piece in reply.message.text.split_inclusive(char::is_whitespace) {
                    deltas.send(Delta::Text(piece));
                }
            }
            Ok(reply)
        })
    }
}

impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let asked = self.shared.requests().len();
        match &self.shared.script {
            Script::Replies(replies) => {
                write!(f, "Scripted({asked} of {} replies given)", replies.len())
            }
            Script::Function(_) => write!(f, "Scripted({asked} replies given)"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a helper's closure")]

    use serde_json::json;

    use super::*;
    use crate::message::Message;

    fn request(text: &str) -> ModelRequest {
        ModelRequest {
            messages: vec![Message::user(text)],
            ..ModelRequest::default()
        }
    }

    #[tokio::test]
    async fn it_gives_its_replies_in_order_and_then_says_that_it_has_none() {
        let refused = ModelError::Refused {
            model: "m".to_owned(),
            text: "no".to_owned(),
        };
        let model = Scripted::new([
            Reply::tools([("a", json!({"x": 1})), ("b", json!("{broken"))]),
            Reply::error(refused),
            Reply::text("one two"),
        ]);
        let clone = model.clone();
        let none = Deltas::none();
        let first = model.respond(&request("1"), &none).await.unwrap();
        let calls = first.message.tool_calls;
        assert_eq!(calls[0].arguments, r#"{"x":1}"#);
        assert_eq!(calls[1].arguments, "{broken");
        assert_ne!(calls[0].id, calls[1].id);
        let second = clone.respond(&request("2"), &none).await;
        assert!(matches!(second, Err(ModelError::Refused { .. })));
        let pieces = Arc::new(Mutex::new(Vec::new()));
        let heard = pieces.clone();
        let deltas = Deltas::to(move |delta| heard.lock().unwrap().push(format!("{delta:?}")));
        let third = model.respond(&request("3"), &deltas).await.unwrap();
        assert_eq!(third.usage.output_tokens, 2);
        assert_eq!(
            *pieces.lock().unwrap(),
            [r#"Text("one ")"#, r#"Text("two")"#]
        );
        let beyond = model.respond(&request("4"), &none).await.unwrap_err();
        assert!(beyond.to_string().contains("has 3 replies, and turn 4"));
        assert_eq!(clone.requests().len(), 4);
        assert_eq!(clone.requests()[2], request("3"));
    }

    #[tokio::test(start_paused = true)]
    async fn it_counts_what_is_under_way_and_forgets_what_is_dropped() {
        let model = Scripted::answering(|request: &ModelRequest, turn| {
            Reply::text(format!("{turn}: {}", request.messages.len())).after(Duration::from_secs(1))
        });
        let asked = request("x");
        let none = Deltas::none();
        let short = Duration::from_millis(1);
        let dropped = tokio::time::timeout(short, model.respond(&asked, &none)).await;
        assert!(dropped.is_err());
        let three = [(); 3].map(|()| model.respond(&asked, &none));
        let replies = futures_util::future::join_all(three).await;
        assert_eq!(replies[2].as_ref().unwrap().message.text, "4: 1");
        assert_eq!(model.most_at_once(), 3);
    }
}
