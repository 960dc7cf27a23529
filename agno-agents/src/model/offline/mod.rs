//! A model without a network and without a key.

mod answer;
mod calls;
mod conversation;
mod fill;
mod sentences;
mod sources;
#[cfg(test)]
mod tests;
mod topic;
mod words;

use agno_core::BoxFuture;
use serde_json::{Value, json};

use self::{
    conversation::Conversation,
    fill::{Fill, Purpose},
};
use super::{
    Capabilities, Delta, Deltas, Model, ModelError, ModelReply, ModelRequest, ReplyFormat,
};
use crate::{
    message::{Assistant, Message},
    usage::Usage,
};

/// A model that needs no key, no network and no luck: it quotes.
///
/// It is no language model. It calls the tools whose names and descriptions fit the request, picks
/// key sentences of what they answer (or of the text it is given, or of what was said before), and
/// writes them down in their own words. It invents nothing: given nothing to quote, it says so.
///
/// * **Sentences** are picked by SumBasic (Nenkova and Vanderwende, 2005), with the place in the
///   text and the words shared with the request as further features (Edmundson, 1969).
/// * **Tools** are rated by the words they share with the request. Those that look something up are
///   called on their own; those that change something only when they are named. A page is read once
///   its address is known, two at most. [`ToolChoice::Required`](super::ToolChoice::Required) and
///   [`ToolChoice::Tool`](super::ToolChoice::Tool) are met by a call since the user spoke last.
/// * **Typed answers** are filled with sentences, titles, addresses and facts of the sources, within
///   the schema's bounds. A `pattern` is not looked at.
/// * **Usage** counts words as tokens. `temperature` and `max_tokens` change nothing.
///
/// The same request has the same answer, on every platform.
///
/// ```
/// use agno_agents::{
///     Message, Model, ModelRequest,
///     model::{Deltas, Offline},
/// };
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let request = ModelRequest {
///     messages: vec![Message::user(
///         "Summarise this in one sentence:\n\n\
///          Rust checks at compile time who owns a value. It needs no garbage collector.",
///     )],
///     ..ModelRequest::default()
/// };
/// let reply = Offline::new().respond(&request, &Deltas::none()).await?;
/// assert!(reply.message.text.starts_with("Rust checks at compile time"));
/// # Ok::<_, agno_agents::ModelError>(())
/// # })?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Offline {
    _private: (),
}

impl Offline {
    /// The model. There is nothing to set.
    pub const fn new() -> Self {
        Self { _private: () }
    }

    /// What it is, in a sentence to show to users.
    pub const fn describe() -> &'static str {
        "offline: no language model, quotes key sentences of its sources and invents nothing"
    }

    fn reply(request: &ModelRequest) -> ModelReply {
        let conversation = Conversation::of(request);
        let tool_calls = calls::plan(&conversation, &request.tools, &request.tool_choice);
        let mut text = String::new();
        if tool_calls.is_empty() {
            let schema = conversation.schema(request);
            text = match (schema, &request.format) {
                (Some(schema), _) => {
                    let filled = Fill::new(&conversation, &schema, Purpose::Answer).root();
                    filled.to_string()
                }
                (None, ReplyFormat::JsonObject) => {
                    json!({ "answer": answer::text(&conversation) }).to_string()
                }
                (None, _) => answer::text(&conversation),
            };
        }
        let finish = if tool_calls.is_empty() {
            "stop"
        } else {
            "tool_calls"
        };
        let written = tool_calls
            .iter()
            .map(|call| words(&call.arguments))
            .sum::<u64>();
        ModelReply {
            usage: Usage {
                requests: 1,
                input_tokens: request.messages.iter().map(read).sum(),
                output_tokens: words(&text) + written,
                ..Usage::default()
            },
            message: Assistant {
                text,
                tool_calls,
                ..Assistant::default()
            },
            model: "offline".to_owned(),
            finish: finish.to_owned(),
            attempts: 1,
            ..ModelReply::default()
        }
    }
}

fn words(text: &str) -> u64 {
    u64::try_from(text.split_whitespace().count()).unwrap_or(u64::MAX)
}

fn read(message: &Message) -> u64 {
    match message {
        Message::System { text } | Message::User { text, .. } | Message::Tool { text, .. } => {
            words(text)
        }
        Message::Assistant(said) => {
            let calls = said.tool_calls.iter().map(|call| words(&call.arguments));
            words(&said.text) + calls.sum::<u64>()
        }
    }
}

impl Model for Offline {
    fn name(&self) -> &'static str {
        "offline"
    }

    fn provider(&self) -> &'static str {
        "agno"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            strict_schema: true,
            json_object: true,
            ..Capabilities::default()
        }
    }

    fn respond<'a>(
        &'a self,
        request: &'a ModelRequest,
        deltas: &'a Deltas,
    ) -> BoxFuture<'a, Result<ModelReply, ModelError>> {
        Box::pin(async move {
            let reply = Self::reply(request);
            if deltas.wanted() {
                for piece in reply.message.text.split_inclusive(char::is_whitespace) {
                    deltas.send(Delta::Text(piece));
                }
            }
            Ok(reply)
        })
    }

    /// With the number of its method: another method is another answer.
    fn settings(&self) -> Value {
        json!({ "provider": "agno", "model": "offline", "method": 1 })
    }
}
