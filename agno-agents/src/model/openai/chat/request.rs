//! A request for a chat completion.

use serde_json::{Map, Value, json};

use super::super::{
    Target,
    media::{Part, part},
};
use crate::{
    media::Media,
    message::{Assistant, Message},
    model::{ModelError, ModelRequest, ReplyFormat, ToolChoice},
};

/// Where [`Assistant::opaque`] keeps what comes with a tool call and has to go back.
pub(super) const EXTRA_CONTENT: &str = "extra_content";

/// The request, as JSON.
pub(in super::super) fn body(
    target: &Target<'_>,
    request: &ModelRequest,
) -> Result<Value, ModelError> {
    let mut body = Map::new();
    let mut put = |name: &str, value: Value| {
        body.insert(name.to_owned(), value);
    };
    put("model", target.model.into());
    let messages: Result<Vec<Value>, ModelError> = request
        .messages
        .iter()
        .map(|each| message(target, each))
        .collect();
    put("messages", messages?.into());
    if !request.tools.is_empty() {
        put(
            "tools",
            request
                .tools
                .iter()
                .map(|tool| {
                    let mut function = json!({
                        "name": tool.name,
                        "description": tool.description,
                        "parameters": tool.parameters,
                    });
                    if tool.strict && target.server.capabilities.strict_schema {
                        function["strict"] = true.into();
                    }
                    json!({"type": "function", "function": function})
                })
                .collect(),
        );
        // `auto` is what they do unasked; some servers do not know the field.
        match &request.tool_choice {
            ToolChoice::Auto => {}
            ToolChoice::None => put("tool_choice", "none".into()),
            ToolChoice::Required => put("tool_choice", "required".into()),
            ToolChoice::Tool(name) => put(
                "tool_choice",
                json!({"type": "function", "function": {"name": name}}),
            ),
        }
        if let Some(parallel) = target.parallel_tool_calls {
            put("parallel_tool_calls", parallel.into());
        }
    }
    match &request.format {
        ReplyFormat::Text => {}
        ReplyFormat::JsonObject => put("response_format", json!({"type": "json_object"})),
        ReplyFormat::Schema { name, schema } => put(
            "response_format",
            json!({
                "type": "json_schema",
                "json_schema": {"name": name, "strict": true, "schema": schema},
            }),
        ),
    }
    if let Some(temperature) = request.temperature {
        put("temperature", temperature.into());
    }
    if let Some(most) = request.max_tokens {
        put(target.server.max_tokens, most.into());
    }
    if target.pieces {
        put("stream_options", json!({"include_usage": true}));
    }
    body.extend(request.extra.clone());
    // The library does not set it, and how the answer is read depends on it.
    if target.pieces {
        body.insert("stream".to_owned(), true.into());
    } else {
        body.remove("stream");
        body.remove("stream_options");
    }
    Ok(body.into())
}

fn message(target: &Target<'_>, message: &Message) -> Result<Value, ModelError> {
    Ok(match message {
        Message::System { text } => json!({"role": "system", "content": text}),
        Message::User { text, media } if media.is_empty() => {
            json!({"role": "user", "content": text})
        }
        Message::User { text, media } => {
            let mut parts = Vec::with_capacity(media.len() + 1);
            if !text.is_empty() {
                parts.push(json!({"type": "text", "text": text}));
            }
            for each in media {
                parts.push(medium(target, each)?);
            }
            json!({"role": "user", "content": parts})
        }
        Message::Assistant(answer) => assistant(answer),
        // Servers have no mark for an error: the text says it.
        Message::Tool { call, text, .. } => {
            json!({"role": "tool", "tool_call_id": call, "content": text})
        }
    })
}

fn medium(target: &Target<'_>, media: &Media) -> Result<Value, ModelError> {
    Ok(match part(target, media)? {
        Part::Image(url) => json!({"type": "image_url", "image_url": {"url": url}}),
        Part::Audio(data, format) => {
            json!({"type": "input_audio", "input_audio": {"data": data, "format": format}})
        }
        Part::File(name, data) => {
            json!({"type": "file", "file": {"filename": name, "file_data": data}})
        }
        Part::FileAt(_) => return Err(target.takes_no("a file by its address: give its bytes")),
    })
}

fn assistant(answer: &Assistant) -> Value {
    let mut message = json!({"role": "assistant", "content": answer.text});
    if answer.tool_calls.is_empty() {
        return message;
    }
    if answer.text.is_empty() {
        message["content"] = Value::Null;
    }
    let extras = answer
        .opaque
        .as_ref()
        .and_then(|opaque| opaque.get(EXTRA_CONTENT));
    message["tool_calls"] = answer
        .tool_calls
        .iter()
        .map(|call| {
            let mut sent = json!({
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            });
            if let Some(extra) = extras.and_then(|extras| extras.get(&call.id)) {
                sent[EXTRA_CONTENT] = extra.clone();
            }
            sent
        })
        .collect();
    message
}
