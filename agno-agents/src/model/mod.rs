//! Models: what an agent asks of one, and what it answers.

#[cfg(feature = "anthropic")]
mod anthropic;
mod env;
mod error;
mod fallback;
#[cfg(any(feature = "openai", feature = "anthropic"))]
mod http;
pub mod offline;
#[cfg(feature = "openai")]
mod openai;
mod scripted;

use std::{fmt, sync::Arc};

pub use agno_core::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

#[cfg(feature = "anthropic")]
pub use self::anthropic::{Anthropic, AnthropicBuilder, Thinking};
pub use self::env::{by_name, from_env};
pub use self::error::{ModelError, TimeoutKind};
pub use self::fallback::Fallback;
pub use self::offline::Offline;
#[cfg(feature = "openai")]
pub use self::openai::{OpenAi, OpenAiBuilder};
pub use self::scripted::{Reply, Scripted};
use crate::{
    message::{Assistant, Message},
    usage::Usage,
};

/// A language model.
///
/// An implementation answers whole or not at all: a reply that was cut off, refused or filtered is
/// an error, never a [`ModelReply`]. It owns the repetition of failed requests; nothing above it
/// repeats them.
pub trait Model: Send + Sync + fmt::Debug + 'static {
    /// The model's name, as requests give it: `gpt-5-mini`.
    fn name(&self) -> &str;

    /// Who offers it, as OpenTelemetry's `gen_ai.provider.name` spells it: `openai`, `anthropic`.
    fn provider(&self) -> &str;

    /// What it can do.
    fn capabilities(&self) -> Capabilities;

    /// Answers a conversation. Pieces of the text are handed to `deltas` as they come, if somebody
    /// listens.
    fn respond<'a>(
        &'a self,
        request: &'a ModelRequest,
        deltas: &'a Deltas,
    ) -> BoxFuture<'a, Result<ModelReply, ModelError>>;

    /// What an answer depends on beside the request, for cache keys. Never a secret.
    fn settings(&self) -> Value {
        serde_json::json!({ "provider": self.provider(), "model": self.name() })
    }
}

/// What a model can do. An adapter knows it by its provider, model and address; where it is
/// mistaken, its builder takes a correction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Capabilities {
    /// A reply is made to match a JSON schema.
    pub strict_schema: bool,
    /// A reply is made to be a JSON object, of any shape.
    pub json_object: bool,
    /// It calls tools.
    pub tools: bool,
    /// It takes tools and an output schema in one request.
    pub tools_with_schema: bool,
    /// It takes pictures.
    pub images: bool,
    /// It takes sounds.
    pub audio: bool,
    /// It takes films.
    pub video: bool,
    /// It takes other files.
    pub files: bool,
    /// Which rules a schema has to keep to.
    pub dialect: SchemaDialect,
}

impl Default for Capabilities {
    fn default() -> Self {
        Self {
            strict_schema: false,
            json_object: false,
            tools: true,
            tools_with_schema: true,
            images: false,
            audio: false,
            video: false,
            files: false,
            dialect: SchemaDialect::OpenAi,
        }
    }
}

/// Whose rules for a strict schema.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SchemaDialect {
    /// Every property is required, objects are closed, no `oneOf`.
    #[default]
    OpenAi,
    /// Optional properties may be left out; no limits on numbers or lengths.
    Anthropic,
}

/// What a model is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelRequest {
    /// The conversation, oldest first. The first may be [`Message::System`].
    pub messages: Vec<Message>,
    /// The tools it may call.
    pub tools: Vec<ToolSpec>,
    /// Whether it may, must or must not call them.
    pub tool_choice: ToolChoice,
    /// The form its answer is to have.
    pub format: ReplyFormat,
    /// How much chance is in its words, from 0. Default: the provider's.
    pub temperature: Option<f64>,
    /// Most tokens it may write. Default: the provider's.
    pub max_tokens: Option<u32>,
    /// More fields for the provider's request, as they are.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub extra: Map<String, Value>,
}

/// The form of an answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplyFormat {
    /// Any text.
    #[default]
    Text,
    /// A JSON object. For models with [`Capabilities::json_object`].
    JsonObject,
    /// JSON that matches a schema. For models with [`Capabilities::strict_schema`].
    Schema {
        /// Its name: 1 to 64 of `a-z A-Z 0-9 _ -`.
        name: String,
        /// The schema, in the model's dialect.
        schema: Value,
    },
}

/// A tool, as a model is told of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolSpec {
    /// Its name: 1 to 64 of `a-z A-Z 0-9 _ -`, beginning with a letter or `_`.
    pub name: String,
    /// What it does and when to use it.
    pub description: String,
    /// JSON schema of its arguments: an object.
    pub parameters: Value,
    /// The schema keeps to the rules of strict ones, and the model is to be held to it.
    #[serde(default)]
    pub strict: bool,
}

/// Whether a model calls tools.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolChoice {
    /// As it likes.
    #[default]
    Auto,
    /// It must not.
    None,
    /// It must call at least one.
    Required,
    /// It must call this one.
    Tool(String),
}

/// A whole answer of a model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelReply {
    /// Text and tool calls.
    pub message: Assistant,
    /// What it took. [`Usage::cost`] is set only where the provider says it.
    pub usage: Usage,
    /// The model that answered, as the provider names it.
    pub model: String,
    /// The provider's name for the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Why it ended, in the provider's word.
    pub finish: String,
    /// Requests that were made for it, repetitions included.
    pub attempts: u32,
    /// From the request to the whole answer, in microseconds.
    pub micros: u64,
    /// From the request to the first piece, in microseconds, if it came in pieces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_micros: Option<u64>,
}

/// A piece of an answer under way.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delta<'a> {
    /// More of the text.
    Text(&'a str),
    /// More of what it thinks.
    Reasoning(&'a str),
    /// What came so far is void: the answer begins anew.
    Reset {
        /// Why.
        reason: &'a str,
    },
}

type Listen = dyn Fn(Delta<'_>) + Send + Sync;

/// Who listens to an answer under way.
#[derive(Clone, Default)]
pub struct Deltas(Option<Arc<Listen>>);

impl Deltas {
    /// Nobody: an adapter need not ask for pieces.
    pub fn none() -> Self {
        Self(None)
    }

    /// A listener. It must not block.
    pub fn to(listener: impl Fn(Delta<'_>) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(listener)))
    }

    /// Whether somebody listens.
    pub fn wanted(&self) -> bool {
        self.0.is_some()
    }

    /// Hands over a piece.
    pub fn send(&self, delta: Delta<'_>) {
        if let Some(listener) = &self.0 {
            listener(delta);
        }
    }
}

impl fmt::Debug for Deltas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Deltas({})", self.wanted())
    }
}
