//! What agents and models say to each other.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::media::Media;

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Message {
    /// Instructions for the model.
    System {
        /// The text.
        text: String,
    },
    /// What the user says.
    User {
        /// The text.
        text: String,
        /// Pictures, sounds and files with it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        media: Vec<Media>,
    },
    /// What the model answered.
    Assistant(Assistant),
    /// What a tool answered.
    Tool {
        /// The call it answers: [`ToolCall::id`].
        call: String,
        /// The tool's name.
        name: String,
        /// The answer. Untrusted text.
        text: String,
        /// It is an error.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        is_error: bool,
    },
}

impl Message {
    /// What the user says, without media.
    pub fn user(text: impl Into<String>) -> Self {
        Self::User {
            text: text.into(),
            media: Vec::new(),
        }
    }

    /// Instructions.
    pub fn system(text: impl Into<String>) -> Self {
        Self::System { text: text.into() }
    }

    /// An answer of the model, without tool calls.
    pub fn assistant(text: impl Into<String>) -> Self {
        Self::Assistant(Assistant {
            text: text.into(),
            ..Assistant::default()
        })
    }
}

/// An answer of a model: text, wishes to call tools, or both.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Assistant {
    /// The text. Untrusted.
    #[serde(default)]
    pub text: String,
    /// The tools it wants called, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
    /// What it thought, if the provider tells. Untrusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<String>,
    /// What the adapter needs back in the next request and nobody else reads, such as signed
    /// thoughts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opaque: Option<Value>,
}

/// A model's wish to call a tool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// The model's name for the call. Unique in its message: adapters make one up where a server
    /// gives none.
    pub id: String,
    /// The tool's name, as the model wrote it.
    pub name: String,
    /// The arguments, as the model wrote them: a JSON object in text, if all is well.
    pub arguments: String,
}
