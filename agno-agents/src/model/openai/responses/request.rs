//! A request for a response.

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

/// Where [`Assistant::opaque`] keeps the model's thoughts, which go back as they came.
pub(super) const REASONING_ITEMS: &str = "reasoning_items";

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
    put("input", input(target, &request.messages)?.into());
    // The conversation is kept here, by the run.
    put("store", false.into());
    if target.server.thinks {
        put("include", json!(["reasoning.encrypted_content"]));
    }
    if !request.tools.is_empty() {
        put(
            "tools",
            request
                .tools
                .iter()
                .map(|tool| {
                    json!({
                        "type": "function",
                        "name": tool.name,
                        "description": tool.description,
                        "parameters": tool.parameters,
                        // Here it is the default, so it is said either way.
                        "strict": tool.strict && target.server.capabilities.strict_schema,
                    })
                })
                .collect(),
        );
        match &request.tool_choice {
            ToolChoice::Auto => {}
            ToolChoice::None => put("tool_choice", "none".into()),
            ToolChoice::Required => put("tool_choice", "required".into()),
            ToolChoice::Tool(name) => {
                put("tool_choice", json!({"type": "function", "name": name}));
            }
        }
        if let Some(parallel) = target.parallel_tool_calls {
            put("parallel_tool_calls", parallel.into());
        }
    }
    match &request.format {
        ReplyFormat::Text => {}
        ReplyFormat::JsonObject => put("text", json!({"format": {"type": "json_object"}})),
        ReplyFormat::Schema { name, schema } => put(
            "text",
            json!({"format": {
                "type": "json_schema", "name": name, "strict": true, "schema": schema,
            }}),
        ),
    }
    if let Some(temperature) = request.temperature {
        put("temperature", temperature.into());
    }
    if let Some(most) = request.max_tokens {
        put("max_output_tokens", most.into());
    }
    body.extend(request.extra.clone());
    // The library does not set it, and how the answer is read depends on it.
    body.insert("stream".to_owned(), target.pieces.into());
    Ok(body.into())
}

fn input(target: &Target<'_>, messages: &[Message]) -> Result<Vec<Value>, ModelError> {
    let mut items = Vec::with_capacity(messages.len());
    for message in messages {
        match message {
            Message::System { text } => items.push(json!({"role": "system", "content": text})),
            Message::User { text, media } if media.is_empty() => {
                items.push(json!({"role": "user", "content": text}));
            }
            Message::User { text, media } => {
                let mut parts = Vec::with_capacity(media.len() + 1);
                if !text.is_empty() {
                    parts.push(json!({"type": "input_text", "text": text}));
                }
                for each in media {
                    parts.push(medium(target, each)?);
                }
                items.push(json!({"role": "user", "content": parts}));
            }
            Message::Assistant(answer) => assistant(answer, &mut items),
            Message::Tool { call, text, .. } => items.push(json!({
                "type": "function_call_output", "call_id": call, "output": text,
            })),
        }
    }
    Ok(items)
}

fn medium(target: &Target<'_>, media: &Media) -> Result<Value, ModelError> {
    Ok(match part(target, media)? {
        Part::Image(url) => json!({"type": "input_image", "image_url": url, "detail": "auto"}),
        Part::Audio(data, format) => {
            json!({"type": "input_audio", "input_audio": {"data": data, "format": format}})
        }
        Part::File(name, data) => {
            json!({"type": "input_file", "filename": name, "file_data": data})
        }
        Part::FileAt(url) => json!({"type": "input_file", "file_url": url}),
    })
}

fn assistant(answer: &Assistant, items: &mut Vec<Value>) {
    let thoughts = answer
        .opaque
        .as_ref()
        .and_then(|opaque| opaque.get(REASONING_ITEMS))
        .and_then(Value::as_array);
    items.extend(thoughts.into_iter().flatten().cloned());
    if !answer.text.is_empty() {
        items.push(json!({"role": "assistant", "content": answer.text}));
    }
    items.extend(answer.tool_calls.iter().map(|call| {
        json!({
            "type": "function_call",
            "call_id": call.id,
            "name": call.name,
            "arguments": call.arguments,
        })
    }));
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::body;
    use crate::model::{
        ModelRequest,
        openai::{
            Target,
            address::Address,
            server::{OPENAI, Server},
        },
    };

    #[test]
    fn a_model_that_thinks_is_asked_for_its_thoughts() {
        let address = Address::read(OPENAI).expect("an address");
        for (model, include) in [
            ("gpt-5-mini", json!(["reasoning.encrypted_content"])),
            ("gpt-4.1", Value::Null),
        ] {
            let target = Target {
                model,
                server: &Server::of(&address, model),
                parallel_tool_calls: None,
                pieces: true,
            };
            let body = body(&target, &ModelRequest::default()).expect("a body");
            assert_eq!(body["include"], include);
            assert_eq!(body["stream"], true);
        }
    }
}
