//! What the Messages API is asked.

use serde_json::{Map, Value, json};

use super::{Thinking, content};
use crate::{
    message::Message,
    model::{Capabilities, ModelError, ModelRequest, ReplyFormat, ToolChoice, ToolSpec},
};

/// What a request depends on beside the conversation.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) model: String,
    pub(super) capabilities: Capabilities,
    pub(super) max_tokens: u32,
    pub(super) cache_prompt: bool,
    pub(super) thinking: Option<Thinking>,
    pub(super) effort: Option<String>,
    pub(super) parallel_tools: bool,
}

/// The body of a request. `paused` is what the model wrote before it paused: it goes on from there.
pub(super) fn body(
    settings: &Settings,
    request: &ModelRequest,
    paused: &[Value],
    stream: bool,
) -> Result<Value, ModelError> {
    let mut messages = messages(settings, &request.messages)?;
    if !paused.is_empty() {
        messages.push("assistant", paused.to_vec());
    }
    let mut messages = messages.0;
    if messages.is_empty() {
        return Err(settings.unsupported("a conversation in which nobody says anything"));
    }
    let mut tools: Vec<Value> = request
        .tools
        .iter()
        .map(|tool| spec(settings, tool))
        .collect();
    let mut system = system(&request.messages);
    if settings.cache_prompt {
        // Three of the four marks the provider allows: each caches everything up to it, in the
        // order tools, system, messages.
        mark(tools.last_mut());
        if let Some(text) = system.take() {
            let mut block = json!({ "type": "text", "text": text });
            mark(Some(&mut block));
            system = Some(json!([block]));
        }
        let last = messages
            .iter_mut()
            .rfind(|message| message["role"] == "user");
        mark(last.and_then(|message| message["content"].as_array_mut()?.last_mut()));
    }

    let mut body = Map::new();
    body.insert("model".into(), settings.model.as_str().into());
    body.insert("max_tokens".into(), max_tokens(settings, request).into());
    body.insert("messages".into(), messages.into());
    if let Some(system) = system {
        body.insert("system".into(), system);
    }
    if !tools.is_empty() {
        body.insert("tools".into(), tools.into());
        body.insert("tool_choice".into(), choice(settings, &request.tool_choice));
    }
    if let Some(temperature) = request.temperature {
        body.insert("temperature".into(), temperature.into());
    }
    match settings.thinking {
        // Without `display`, the newer models keep their thoughts to themselves.
        Some(Thinking::Adaptive) => {
            let thinking = json!({ "type": "adaptive", "display": "summarized" });
            body.insert("thinking".into(), thinking);
        }
        Some(Thinking::Budget(tokens)) => {
            let thinking = json!({ "type": "enabled", "budget_tokens": tokens });
            body.insert("thinking".into(), thinking);
        }
        None => {}
    }
    let output = output(settings, &request.format)?;
    if !output.is_empty() {
        body.insert("output_config".into(), output.into());
    }
    for (name, value) in &request.extra {
        add(&mut body, name, value);
    }
    body.insert("stream".into(), stream.into());
    Ok(body.into())
}

impl Settings {
    pub(super) fn unsupported(&self, what: impl Into<String>) -> ModelError {
        ModelError::Unsupported {
            model: self.model.clone(),
            what: what.into(),
        }
    }
}

/// All system messages in one: the interface has a single field for them.
fn system(messages: &[Message]) -> Option<Value> {
    let texts: Vec<&str> = messages
        .iter()
        .filter_map(|message| match message {
            Message::System { text } if !text.trim().is_empty() => Some(text.as_str()),
            _ => None,
        })
        .collect();
    (!texts.is_empty()).then(|| texts.join("\n\n").into())
}

/// Messages whose neighbours have different roles, none of them empty.
#[derive(Default)]
struct Messages(Vec<Value>);

impl Messages {
    fn push(&mut self, role: &str, blocks: Vec<Value>) {
        if blocks.is_empty() {
            return;
        }
        if let Some(last) = self.0.last_mut()
            && last["role"] == role
            && let Some(content) = last["content"].as_array_mut()
        {
            for block in blocks {
                // The answers of tools come first in their message, whatever was said in between.
                let at = if is_tool_result(&block) {
                    content
                        .iter()
                        .take_while(|block| is_tool_result(block))
                        .count()
                } else {
                    content.len()
                };
                content.insert(at, block);
            }
        } else {
            self.0.push(json!({ "role": role, "content": blocks }));
        }
    }
}

fn is_tool_result(block: &Value) -> bool {
    block["type"] == "tool_result"
}

fn messages(settings: &Settings, conversation: &[Message]) -> Result<Messages, ModelError> {
    let mut messages = Messages::default();
    for message in conversation {
        match message {
            Message::System { .. } => {}
            Message::User { text, media } => {
                messages.push("user", content::user(settings, text, media)?);
            }
            Message::Assistant(assistant) => {
                messages.push("assistant", content::assistant(settings, assistant));
            }
            Message::Tool {
                call,
                text,
                is_error,
                ..
            } => messages.push("user", vec![content::tool_result(call, text, *is_error)]),
        }
    }
    Ok(messages)
}

fn spec(settings: &Settings, tool: &ToolSpec) -> Value {
    let mut spec = json!({
        "name": tool.name,
        "description": tool.description,
        "input_schema": tool.parameters,
    });
    if tool.strict && settings.capabilities.strict_schema {
        spec["strict"] = true.into();
    }
    spec
}

fn choice(settings: &Settings, choice: &ToolChoice) -> Value {
    let mut choice = match choice {
        ToolChoice::Auto => json!({ "type": "auto" }),
        ToolChoice::None => return json!({ "type": "none" }),
        ToolChoice::Required => json!({ "type": "any" }),
        ToolChoice::Tool(name) => json!({ "type": "tool", "name": name }),
    };
    if !settings.parallel_tools {
        choice["disable_parallel_tool_use"] = true.into();
    }
    choice
}

/// What is thought counts as written: a budget for it comes on top, or nothing would be left for
/// the answer.
fn max_tokens(settings: &Settings, request: &ModelRequest) -> u32 {
    let answer = request.max_tokens.unwrap_or(settings.max_tokens);
    match settings.thinking {
        Some(Thinking::Budget(tokens)) => answer.saturating_add(tokens),
        _ => answer,
    }
}

fn output(settings: &Settings, format: &ReplyFormat) -> Result<Map<String, Value>, ModelError> {
    let mut output = Map::new();
    if let Some(effort) = &settings.effort {
        output.insert("effort".into(), effort.as_str().into());
    }
    match format {
        ReplyFormat::Text => {}
        ReplyFormat::JsonObject => {
            return Err(settings.unsupported("a reply format of JSON without a schema"));
        }
        ReplyFormat::Schema { .. } if !settings.capabilities.strict_schema => {
            return Err(settings.unsupported("a schema for its reply"));
        }
        // The interface has no place for the schema's name.
        ReplyFormat::Schema { schema, .. } => {
            let format = json!({ "type": "json_schema", "schema": schema });
            output.insert("format".into(), format);
        }
    }
    Ok(output)
}

fn mark(block: Option<&mut Value>) {
    if let Some(block) = block.and_then(Value::as_object_mut) {
        block.insert("cache_control".into(), json!({ "type": "ephemeral" }));
    }
}

/// A field of the user's own: objects are merged and lists continued, so that `output_config` and
/// `tools` can be added to; anything else replaces what is there.
fn add(body: &mut Map<String, Value>, name: &str, value: &Value) {
    match (body.get_mut(name), value) {
        (Some(Value::Object(old)), Value::Object(new)) => {
            old.extend(
                new.iter()
                    .map(|(name, value)| (name.clone(), value.clone())),
            );
        }
        (Some(Value::Array(old)), Value::Array(new)) => old.extend(new.iter().cloned()),
        _ => {
            body.insert(name.into(), value.clone());
        }
    }
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
