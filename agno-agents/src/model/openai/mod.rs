//! Models behind the OpenAI interface: OpenAI, Azure, Ollama, vLLM, llama.cpp and many others.

mod address;
mod answer;
mod builder;
mod calls;
mod chat;
mod client;
mod media;
mod responses;
mod server;
mod wire;

use std::{fmt, sync::Arc};

use serde_json::{Value, json};

pub use self::builder::OpenAiBuilder;
use self::{client::Client, server::Server};
use super::{
    BoxFuture, Capabilities, Deltas, Model, ModelError, ModelReply, ModelRequest,
    http::{Exchanged, Transport},
};

/// A model behind the OpenAI interface.
///
/// ```no_run
/// use agno_agents::model::OpenAi;
///
/// # fn main() -> Result<(), agno_agents::ModelError> {
/// // OpenAI itself, with the key in OPENAI_API_KEY.
/// let model = OpenAi::new("gpt-5-mini")?;
///
/// // A local server, which needs no key.
/// let local = OpenAi::builder("llama3.2")
///     .base_url("http://localhost:11434/v1")
///     .build()?;
/// # Ok(()) }
/// ```
///
/// It asks for chat completions, which every such server has; OpenAI's newer Responses interface is
/// an [option](OpenAiBuilder::responses). It repeats what failed, and takes no half answer for a
/// whole one. Clones share their connections and the number of requests at once.
#[derive(Clone)]
pub struct OpenAi(Arc<Inner>);

struct Inner {
    name: String,
    /// The address without credentials.
    address: String,
    server: Server,
    interface: Interface,
    parallel_tool_calls: Option<bool>,
    transport: Transport,
    client: Client,
}

/// Which of the two interfaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Interface {
    Chat,
    Responses,
}

/// What a request is made for.
struct Target<'a> {
    model: &'a str,
    server: &'a Server,
    parallel_tool_calls: Option<bool>,
    /// The answer is to come in pieces.
    pieces: bool,
}

impl Target<'_> {
    fn takes_no(&self, what: impl Into<String>) -> ModelError {
        ModelError::Unsupported {
            model: self.model.to_owned(),
            what: what.into(),
        }
    }
}

impl OpenAi {
    /// A model with everything from the environment: `OPENAI_API_KEY`, and `OPENAI_BASE_URL` for
    /// another server than OpenAI's.
    ///
    /// # Errors
    ///
    /// [`ModelError::NoKey`] without a key for OpenAI's own server; [`ModelError::Settings`] for an
    /// address that is none.
    pub fn new(name: impl Into<String>) -> Result<Self, ModelError> {
        Self::builder(name).build()
    }

    /// A model with settings of one's own.
    pub fn builder(name: impl Into<String>) -> OpenAiBuilder {
        OpenAiBuilder::new(name.into())
    }

    async fn answer(
        &self,
        request: &ModelRequest,
        deltas: &Deltas,
    ) -> Result<ModelReply, ModelError> {
        let inner = &*self.0;
        let target = Target {
            model: &inner.name,
            server: &inner.server,
            parallel_tool_calls: inner.parallel_tool_calls,
            pieces: deltas.wanted(),
        };
        let body = match inner.interface {
            Interface::Chat => chat::body(&target, request)?,
            Interface::Responses => responses::body(&target, request)?,
        };
        let (body, turn) = (&body, request.messages.len());
        let Exchanged {
            value: reply,
            attempts,
            micros,
            first_micros,
        } = inner
            .transport
            .exchange(&inner.name, deltas, |attempt| async move {
                let (client, name) = (&inner.client, &inner.name);
                match inner.interface {
                    Interface::Chat => {
                        answer::read::<chat::Answer>(client, name, body, turn, &attempt).await
                    }
                    Interface::Responses => {
                        answer::read::<responses::Answer>(client, name, body, turn, &attempt).await
                    }
                }
            })
            .await?;
        Ok(ModelReply {
            attempts,
            micros,
            first_micros,
            ..reply
        })
    }
}

impl Model for OpenAi {
    fn name(&self) -> &str {
        &self.0.name
    }

    fn provider(&self) -> &str {
        &self.0.server.provider
    }

    fn capabilities(&self) -> Capabilities {
        self.0.server.capabilities
    }

    fn respond<'a>(
        &'a self,
        request: &'a ModelRequest,
        deltas: &'a Deltas,
    ) -> BoxFuture<'a, Result<ModelReply, ModelError>> {
        Box::pin(self.answer(request, deltas))
    }

    fn settings(&self) -> Value {
        json!({
            "provider": self.0.server.provider,
            "model": self.0.name,
            "base_url": self.0.address,
            "interface": match self.0.interface {
                Interface::Chat => "chat",
                Interface::Responses => "responses",
            },
        })
    }
}

impl fmt::Debug for OpenAi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenAi")
            .field("model", &self.0.name)
            .field("provider", &self.0.server.provider)
            .field("base_url", &self.0.address)
            .field("interface", &self.0.interface)
            .finish_non_exhaustive()
    }
}
