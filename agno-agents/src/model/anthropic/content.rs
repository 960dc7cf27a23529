//! Content blocks: what one message is made of.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use super::{answer, request::Settings};
use crate::{
    media::{Media, MediaKind, MediaSource},
    message::{Assistant, ToolCall},
    model::ModelError,
};

/// Pictures the provider reads. Source: Anthropic's page on vision.
const IMAGES: [&str; 4] = ["image/jpeg", "image/png", "image/gif", "image/webp"];

/// Media first, as the provider advises, then the text.
pub(super) fn user(
    settings: &Settings,
    text: &str,
    media: &[Media],
) -> Result<Vec<Value>, ModelError> {
    let mut blocks = media
        .iter()
        .map(|media| medium(settings, media))
        .collect::<Result<Vec<_>, _>>()?;
    blocks.extend(text_block(text));
    Ok(blocks)
}

/// What the model said. Its own blocks go back as they came if they still say the same: signed
/// thoughts are refused when anything about them has changed.
pub(super) fn assistant(settings: &Settings, assistant: &Assistant) -> Vec<Value> {
    if let Some(blocks) = answer::kept(assistant, &settings.model) {
        return blocks;
    }
    let mut blocks: Vec<Value> = text_block(&assistant.text).into_iter().collect();
    blocks.extend(assistant.tool_calls.iter().map(tool_use));
    blocks
}

/// What a tool answered.
pub(super) fn tool_result(call: &str, text: &str, is_error: bool) -> Value {
    let mut block = json!({ "type": "tool_result", "tool_use_id": id(call) });
    if !text.trim().is_empty() {
        block["content"] = text.into();
    }
    if is_error {
        block["is_error"] = true.into();
    }
    block
}

fn tool_use(call: &ToolCall) -> Value {
    json!({
        "type": "tool_use",
        "id": id(&call.id),
        "name": call.name,
        "input": input(&call.arguments),
    })
}

/// Arguments as the interface wants them: an object. What is none goes back inside one, under the
/// name that Anthropic's page on fine-grained tool streaming proposes.
pub(super) fn input(arguments: &str) -> Value {
    if arguments.trim().is_empty() {
        return json!({});
    }
    match serde_json::from_str(arguments) {
        Ok(Value::Object(input)) => input.into(),
        _ => json!({ "INVALID_JSON": arguments }),
    }
}

/// The name of a call, in the letters this provider takes: another may have given it.
fn id(call: &str) -> String {
    call.chars()
        .map(|c| match c {
            c if c.is_ascii_alphanumeric() || c == '_' || c == '-' => c,
            _ => '_',
        })
        .collect()
}

/// The provider refuses blocks of text without any.
fn text_block(text: &str) -> Option<Value> {
    (!text.trim().is_empty()).then(|| json!({ "type": "text", "text": text }))
}

fn medium(settings: &Settings, media: &Media) -> Result<Value, ModelError> {
    let takes = &settings.capabilities;
    match media.kind {
        MediaKind::Image if takes.images => image(settings, media),
        MediaKind::File if takes.files => document(settings, media),
        kind => Err(settings.unsupported(format!("media of kind {kind}"))),
    }
}

fn image(settings: &Settings, media: &Media) -> Result<Value, ModelError> {
    let source = match &media.source {
        MediaSource::Url(url) => json!({ "type": "url", "url": url }),
        MediaSource::Base64(data) if IMAGES.contains(&media.mime.as_str()) => {
            json!({ "type": "base64", "media_type": media.mime, "data": data })
        }
        MediaSource::Base64(_) => {
            let mime = &media.mime;
            let known = IMAGES.join(", ");
            return Err(settings.unsupported(format!("images of type {mime}, only {known}")));
        }
    };
    Ok(json!({ "type": "image", "source": source }))
}

/// A PDF, from anywhere, or a text that is here.
fn document(settings: &Settings, media: &Media) -> Result<Value, ModelError> {
    let mime = media.mime.as_str();
    let pdf = mime == "application/pdf";
    let source = match &media.source {
        MediaSource::Url(url) if pdf => json!({ "type": "url", "url": url }),
        MediaSource::Base64(data) if pdf => {
            json!({ "type": "base64", "media_type": mime, "data": data })
        }
        MediaSource::Base64(data) if mime.starts_with("text/") => {
            let text = BASE64_STANDARD
                .decode(data)
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .ok_or_else(|| settings.unsupported(format!("{mime} that is not UTF-8")))?;
            json!({ "type": "text", "media_type": "text/plain", "data": text })
        }
        _ => {
            return Err(settings.unsupported(format!(
                "files of type {mime}, only application/pdf, and text/* that is sent along"
            )));
        }
    };
    let mut block = json!({ "type": "document", "source": source });
    if let Some(name) = &media.name {
        block["title"] = name.as_str().into();
    }
    Ok(block)
}
