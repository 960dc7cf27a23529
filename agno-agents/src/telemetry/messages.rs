//! Conversations in the form of the conventions' JSON schemas: `gen-ai-input-messages.json`,
//! `gen-ai-output-messages.json`, `gen-ai-tool-definitions.json`.

use serde_json::{Value, json};

use crate::{
    media::{Media, MediaKind, MediaSource},
    message::{Assistant, Message},
    model::{ModelReply, ToolSpec},
};

/// What a model is asked.
pub(super) fn input(messages: &[Message]) -> String {
    messages.iter().map(message).collect::<Value>().to_string()
}

/// What it answers: one message.
pub(super) fn output(reply: &ModelReply) -> String {
    let finish = match reply.message.tool_calls.as_slice() {
        [] => reply.finish.as_str(),
        _ => "tool_call",
    };
    json!([{
        "role": "assistant",
        "parts": said(&reply.message),
        "finish_reason": finish,
    }])
    .to_string()
}

/// What it may call.
pub(super) fn tools(tools: &[ToolSpec]) -> String {
    let tool = |tool: &ToolSpec| {
        json!({
            "type": "function",
            "name": tool.name,
            "description": tool.description,
            "parameters": tool.parameters,
        })
    };
    tools.iter().map(tool).collect::<Value>().to_string()
}

fn message(message: &Message) -> Value {
    let (role, parts) = match message {
        Message::System { text: words } => ("system", vec![text(words)]),
        Message::User { text: words, media } => {
            let shown = media.iter().map(shown);
            ("user", [text(words)].into_iter().chain(shown).collect())
        }
        Message::Assistant(assistant) => ("assistant", said(assistant)),
        Message::Tool { call, text, .. } => (
            "tool",
            vec![json!({ "type": "tool_call_response", "id": call, "response": text })],
        ),
    };
    json!({ "role": role, "parts": parts })
}

/// Without what only the adapter reads, which may be signed.
fn said(assistant: &Assistant) -> Vec<Value> {
    let thought = assistant.reasoning.as_deref();
    let thought = thought.map(|words| json!({ "type": "reasoning", "content": words }));
    let spoken = Some(assistant.text.as_str()).filter(|words| !words.is_empty());
    let calls = assistant.tool_calls.iter().map(|call| {
        json!({
            "type": "tool_call",
            "id": call.id,
            "name": call.name,
            // As an object where it is one.
            "arguments": serde_json::from_str(&call.arguments)
                .unwrap_or_else(|_| Value::from(call.arguments.as_str())),
        })
    });
    thought
        .into_iter()
        .chain(spoken.map(text))
        .chain(calls)
        .collect()
}

fn text(words: &str) -> Value {
    json!({ "type": "text", "content": words })
}

/// Where it is. Bytes are too many for a trace: they become a part of our own, with their number.
fn shown(media: &Media) -> Value {
    let modality = match media.kind {
        MediaKind::Image => "image",
        MediaKind::Audio => "audio",
        MediaKind::Video => "video",
        MediaKind::File => "document",
    };
    match &media.source {
        MediaSource::Url(url) => json!({
            "type": "uri", "modality": modality, "mime_type": media.mime, "uri": url,
        }),
        MediaSource::Base64(data) => json!({
            "type": "bytes", "modality": modality, "mime_type": media.mime,
            "size": data.trim_end_matches('=').len() * 3 / 4,
        }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{input, output, tools};
    use crate::{
        media::{Media, MediaKind},
        message::{Assistant, Message, ToolCall},
        model::{ModelReply, ToolSpec},
    };

    fn read(text: &str) -> Value {
        serde_json::from_str(text).expect("JSON")
    }

    fn called(arguments: &str) -> Assistant {
        Assistant {
            text: String::new(),
            tool_calls: vec![ToolCall {
                id: "c1".to_owned(),
                name: "weather".to_owned(),
                arguments: arguments.to_owned(),
            }],
            reasoning: Some("Paris it is".to_owned()),
            opaque: Some(json!("signed")),
        }
    }

    #[test]
    fn a_conversation_has_the_conventions_form() {
        let messages = [
            Message::system("Be brief."),
            Message::User {
                text: "How is it there?".to_owned(),
                media: vec![
                    Media::from_url(MediaKind::Image, "image/png", "https://example.com/a.png"),
                    Media::from_bytes(MediaKind::File, "application/pdf", b"12345"),
                ],
            },
            Message::Assistant(called(r#"{"city":"Paris"}"#)),
            Message::Tool {
                call: "c1".to_owned(),
                name: "weather".to_owned(),
                text: "rain".to_owned(),
                is_error: false,
            },
        ];
        let expected = json!([
            { "role": "system", "parts": [{ "type": "text", "content": "Be brief." }] },
            { "role": "user", "parts": [
                { "type": "text", "content": "How is it there?" },
                { "type": "uri", "modality": "image", "mime_type": "image/png",
                  "uri": "https://example.com/a.png" },
                { "type": "bytes", "modality": "document", "mime_type": "application/pdf",
                  "size": 5 },
            ] },
            { "role": "assistant", "parts": [
                { "type": "reasoning", "content": "Paris it is" },
                { "type": "tool_call", "id": "c1", "name": "weather",
                  "arguments": { "city": "Paris" } },
            ] },
            { "role": "tool", "parts": [
                { "type": "tool_call_response", "id": "c1", "response": "rain" },
            ] },
        ]);
        assert_eq!(read(&input(&messages)), expected);
    }

    #[test]
    fn an_answer_says_why_it_ended() {
        let spoken = ModelReply {
            message: Assistant {
                text: "Rain.".to_owned(),
                ..Assistant::default()
            },
            finish: "end_turn".to_owned(),
            ..ModelReply::default()
        };
        let expected = json!([{
            "role": "assistant",
            "parts": [{ "type": "text", "content": "Rain." }],
            "finish_reason": "end_turn",
        }]);
        assert_eq!(read(&output(&spoken)), expected);

        let calling = ModelReply {
            message: called("{broken"),
            finish: "tool_use".to_owned(),
            ..ModelReply::default()
        };
        let told = read(&output(&calling));
        assert_eq!(told[0]["finish_reason"], "tool_call");
        assert_eq!(told[0]["parts"][1]["arguments"], "{broken");
        assert!(!told.to_string().contains("signed"));
    }

    #[test]
    fn tools_are_functions() {
        let spec = ToolSpec {
            name: "weather".to_owned(),
            description: "Tells the weather.".to_owned(),
            parameters: json!({ "type": "object" }),
            strict: true,
        };
        let expected = json!([{
            "type": "function", "name": "weather", "description": "Tells the weather.",
            "parameters": { "type": "object" },
        }]);
        assert_eq!(read(&tools(&[spec])), expected);
    }
}
