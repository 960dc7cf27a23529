//! What the model answered, from its content blocks: whole, or why not.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::{
    content,
    wire::{StopDetails, WireMessage, WireUsage},
};
use crate::{
    message::{Assistant, ToolCall},
    model::{ModelError, http::Failure},
    usage::Usage,
};

/// One answer of the interface, streamed or not.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) id: Option<String>,
    pub(super) model: Option<String>,
    /// As they came, save that streamed ones are put together.
    pub(super) blocks: Vec<Value>,
    pub(super) stop_reason: Option<String>,
    pub(super) stop_details: Option<StopDetails>,
    pub(super) usage: WireUsage,
}

/// How an answer ended, if nothing is wrong with it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The model is done.
    Done,
    /// The provider's own tools took long, and the model wants to go on.
    Paused,
}

impl From<WireMessage> for Answer {
    fn from(message: WireMessage) -> Self {
        Self {
            id: message.id,
            model: message.model,
            blocks: message.content.unwrap_or_default(),
            stop_reason: message.stop_reason,
            stop_details: message.stop_details,
            usage: message.usage.unwrap_or_default(),
        }
    }
}

impl Answer {
    /// How it ended. A reason nobody knows is an end: the provider said that there is no more.
    pub(super) fn end(&self, model: &str) -> Result<End, Failure> {
        let model = || model.to_owned();
        let Some(reason) = self.stop_reason.as_deref() else {
            let received = received(&self.blocks);
            return Err(Failure::truncated(received, "it ended without a reason"));
        };
        Err(match reason {
            // A call of ours among its own is to be answered first.
            "pause_turn" if !self.calls_tools() => return Ok(End::Paused),
            "tool_use" if !self.calls_tools() => {
                return Err(Failure::malformed("it waits for a tool and calls none"));
            }
            "max_tokens" => ModelError::OutputLimit { model: model() },
            "model_context_window_exceeded" => ModelError::ContextLength {
                model: model(),
                message: "it was full before the answer was done".into(),
            },
            "refusal" => ModelError::Refused {
                model: model(),
                text: self.refusal(),
            },
            _ => return Ok(End::Done),
        }
        .into())
    }

    fn calls_tools(&self) -> bool {
        self.blocks.iter().any(|block| block["type"] == "tool_use")
    }

    /// The words of a refusal: the model's, or the provider's about it.
    fn refusal(&self) -> String {
        let text = text(&self.blocks);
        if !text.trim().is_empty() {
            return text;
        }
        let details = self.stop_details.as_ref();
        let explanation = details.and_then(|details| details.explanation.clone());
        let category = details.and_then(|details| details.category.as_deref());
        explanation
            .or_else(|| category.map(|category| format!("category {category}")))
            .unwrap_or_else(|| "it gave no reason".into())
    }
}

/// The message that blocks of an answer say.
pub(super) fn message(mut blocks: Vec<Value>, model: &str) -> Result<Assistant, Failure> {
    let tool_calls = tool_calls(&mut blocks)?;
    Ok(Assistant {
        text: text(&blocks),
        tool_calls,
        reasoning: reasoning(&blocks),
        opaque: keep(&blocks, model),
    })
}

/// Tokens of one request, as the rest of the library counts them: those from the cache included.
pub(super) fn usage(wire: &WireUsage) -> Usage {
    let read = wire.cache_read_input_tokens.unwrap_or(0);
    let written = wire.cache_creation_input_tokens.unwrap_or(0);
    let details = wire.output_tokens_details.unwrap_or_default();
    Usage {
        requests: 1,
        input_tokens: wire
            .input_tokens
            .unwrap_or(0)
            .saturating_add(read)
            .saturating_add(written),
        output_tokens: wire.output_tokens.unwrap_or(0),
        cache_read_tokens: read,
        cache_write_tokens: written,
        reasoning_tokens: details.thinking_tokens.unwrap_or(0),
        cost: None,
    }
}

/// What stands between two blocks of text with something else, such as a thought, between them.
pub(super) const BREAK: &str = "\n\n";

/// The text of all blocks. A citation cuts a text into several blocks without a break.
pub(super) fn text(blocks: &[Value]) -> String {
    let mut text = String::new();
    let mut broken = false;
    for block in blocks {
        if block["type"] != "text" {
            broken = true;
            continue;
        }
        let piece = block["text"].as_str().unwrap_or_default();
        if piece.is_empty() {
            continue;
        }
        if broken && !text.is_empty() {
            text.push_str(BREAK);
        }
        broken = false;
        text.push_str(piece);
    }
    text
}

/// Bytes of text in them.
pub(super) fn received(blocks: &[Value]) -> usize {
    let texts = blocks.iter().filter_map(|block| block["text"].as_str());
    texts.map(str::len).sum()
}

fn reasoning(blocks: &[Value]) -> Option<String> {
    let thoughts: Vec<&str> = blocks
        .iter()
        .filter(|block| block["type"] == "thinking")
        .filter_map(|block| block["thinking"].as_str())
        .filter(|thought| !thought.is_empty())
        .collect();
    (!thoughts.is_empty()).then(|| thoughts.join(BREAK))
}

/// The calls, whatever the stop reason says. A missing or repeated name of a call is replaced, in
/// the block too.
fn tool_calls(blocks: &mut [Value]) -> Result<Vec<ToolCall>, Failure> {
    let mut seen = HashSet::new();
    let mut calls = Vec::new();
    for block in blocks {
        if block["type"] != "tool_use" {
            continue;
        }
        let Some(name) = block["name"].as_str().filter(|name| !name.is_empty()) else {
            return Err(Failure::malformed("a tool call without a name"));
        };
        let name = name.to_owned();
        let mut id = block["id"].as_str().unwrap_or_default().to_owned();
        while id.is_empty() || !seen.insert(id.clone()) {
            id = format!("toolu_{:016x}", fastrand::u64(..));
            block["id"] = id.as_str().into();
        }
        let arguments = match &block["input"] {
            Value::Null => "{}".into(),
            // What the model wrote and is no JSON.
            Value::String(text) => text.clone(),
            input => input.to_string(),
        };
        calls.push(ToolCall {
            id,
            name,
            arguments,
        });
    }
    Ok(calls)
}

/// Blocks that say more than text and calls are kept, for the model that made them: thoughts are
/// signed for it.
fn keep(blocks: &[Value], model: &str) -> Option<Value> {
    let plain = blocks
        .iter()
        .all(|block| block["type"] == "text" || block["type"] == "tool_use");
    (!plain).then(|| json!({ "anthropic": { "model": model, "blocks": blocks } }))
}

/// The kept blocks of a message, ready to be sent: if they are this model's, and still say what
/// the message says.
pub(super) fn kept(assistant: &Assistant, model: &str) -> Option<Vec<Value>> {
    let kept = assistant.opaque.as_ref()?.get("anthropic")?;
    let blocks = kept["blocks"].as_array()?;
    let calls = blocks.iter().filter(|block| block["type"] == "tool_use");
    let same_calls = calls.map(|block| block["id"].as_str()).eq(assistant
        .tool_calls
        .iter()
        .map(|call| Some(call.id.as_str())));
    (kept["model"] == model && same_calls && text(blocks) == assistant.text)
        .then(|| sendable(blocks))
}

/// Blocks of an answer as a request may hold them: none of empty text, no input that is no object.
pub(super) fn sendable(blocks: &[Value]) -> Vec<Value> {
    let mut blocks: Vec<Value> = blocks
        .iter()
        .filter(|block| {
            block["type"] != "text"
                || block["text"]
                    .as_str()
                    .is_some_and(|text| !text.trim().is_empty())
        })
        .cloned()
        .collect();
    for block in blocks.iter_mut().filter_map(Value::as_object_mut) {
        repair_input(block);
    }
    blocks
}

fn repair_input(block: &mut Map<String, Value>) {
    if let Some(Value::String(arguments)) = block.get("input") {
        let input = content::input(arguments);
        block.insert("input".into(), input);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(reason: &str) -> Result<End, Failure> {
        let answer = Answer {
            stop_reason: Some(reason.into()),
            ..Answer::default()
        };
        answer.end("claude")
    }

    #[test]
    fn every_stop_reason_has_its_meaning() {
        for reason in ["end_turn", "stop_sequence", "of_next_year"] {
            assert_eq!(ended(reason).expect("an end"), End::Done, "{reason}");
        }
        assert_eq!(ended("pause_turn").expect("a pause"), End::Paused);
        for (reason, code) in [
            ("max_tokens", "model_output_limit"),
            ("refusal", "model_refused"),
            ("model_context_window_exceeded", "model_context_length"),
        ] {
            let Err(Failure::Final(error)) = ended(reason) else {
                panic!("{reason} is an answer");
            };
            assert_eq!(error.code(), code);
        }
    }

    #[test]
    fn without_a_reason_it_is_cut_off() {
        let answer = Answer {
            blocks: vec![json!({ "type": "text", "text": "half" })],
            ..Answer::default()
        };
        assert!(matches!(
            answer.end("claude"),
            Err(Failure::Truncated { received: 4, .. })
        ));
    }

    #[test]
    fn with_a_call_of_ours_a_pause_is_an_end() {
        for reason in ["pause_turn", "tool_use"] {
            let answer = Answer {
                stop_reason: Some(reason.into()),
                blocks: vec![json!({ "type": "tool_use", "id": "t", "name": "n", "input": {} })],
                ..Answer::default()
            };
            assert_eq!(answer.end("claude").expect("an end"), End::Done);
        }
        assert!(matches!(ended("tool_use"), Err(Failure::Malformed(_))));
    }

    #[test]
    fn a_refusal_has_words() {
        let mut answer = Answer {
            stop_reason: Some("refusal".into()),
            ..Answer::default()
        };
        assert_eq!(answer.refusal(), "it gave no reason");
        answer.stop_details = Some(StopDetails {
            category: Some("bio".into()),
            explanation: None,
        });
        assert_eq!(answer.refusal(), "category bio");
        answer.blocks = vec![json!({ "type": "text", "text": "I will not." })];
        assert_eq!(answer.refusal(), "I will not.");
    }

    #[test]
    fn tokens_of_the_cache_are_part_of_those_read() {
        let wire = WireUsage {
            input_tokens: Some(10),
            output_tokens: Some(5),
            cache_creation_input_tokens: Some(200),
            cache_read_input_tokens: Some(3000),
            output_tokens_details: None,
        };
        let usage = usage(&wire);
        assert_eq!(usage.input_tokens, 3210);
        assert_eq!(usage.cache_read_tokens, 3000);
        assert_eq!(usage.cache_write_tokens, 200);
        assert_eq!(usage.total_tokens(), 3215);
        assert_eq!(usage.requests, 1);
    }

    #[test]
    fn citations_do_not_break_a_text_and_tools_do() {
        let blocks = [
            json!({ "type": "text", "text": "Rust is " }),
            json!({ "type": "text", "text": "quick", "citations": [] }),
            json!({ "type": "text", "text": "." }),
            json!({ "type": "server_tool_use", "id": "s", "name": "web_search", "input": {} }),
            json!({ "type": "text", "text": "" }),
            json!({ "type": "text", "text": "So it is." }),
        ];
        assert_eq!(text(&blocks), "Rust is quick.\n\nSo it is.");
    }

    #[test]
    fn calls_get_the_names_they_lack() {
        let blocks = vec![
            json!({ "type": "tool_use", "name": "a", "input": {} }),
            json!({ "type": "tool_use", "id": "x", "name": "b", "input": { "n": 1 } }),
            json!({ "type": "tool_use", "id": "x", "name": "c" }),
        ];
        let message = message(blocks, "claude").expect("three calls");
        let ids: HashSet<&str> = message
            .tool_calls
            .iter()
            .map(|call| call.id.as_str())
            .collect();
        assert_eq!(ids.len(), 3);
        assert_eq!(message.tool_calls[1].id, "x");
        assert_eq!(message.tool_calls[1].arguments, r#"{"n":1}"#);
        assert_eq!(message.tool_calls[2].arguments, "{}");
        assert_eq!(message.opaque, None);
    }

    #[test]
    fn a_call_of_nothing_is_no_answer() {
        let blocks = vec![json!({ "type": "tool_use", "id": "x", "input": {} })];
        assert!(matches!(
            message(blocks, "claude"),
            Err(Failure::Malformed(_))
        ));
    }

    #[test]
    fn thoughts_are_kept_for_their_model_and_their_message() {
        let blocks = vec![
            json!({ "type": "thinking", "thinking": "Hm.", "signature": "s1" }),
            json!({ "type": "redacted_thinking", "data": "r1" }),
            json!({ "type": "text", "text": "" }),
            json!({ "type": "tool_use", "id": "t1", "name": "look", "input": "no json" }),
        ];
        let message = message(blocks, "claude-a").expect("a message");
        assert_eq!(message.reasoning.as_deref(), Some("Hm."));
        assert_eq!(message.tool_calls[0].arguments, "no json");
        let sent = kept(&message, "claude-a").expect("its own blocks");
        assert_eq!(
            Value::from(sent),
            json!([
                { "type": "thinking", "thinking": "Hm.", "signature": "s1" },
                { "type": "redacted_thinking", "data": "r1" },
                { "type": "tool_use", "id": "t1", "name": "look",
                  "input": { "INVALID_JSON": "no json" } },
            ])
        );
        assert_eq!(kept(&message, "claude-b"), None, "another model's thoughts");
        let edited = Assistant {
            text: "Shorter.".into(),
            ..message.clone()
        };
        assert_eq!(kept(&edited, "claude-a"), None, "another text");
        let other = Assistant {
            opaque: Some(json!({ "openai": [] })),
            ..message
        };
        assert_eq!(kept(&other, "claude-a"), None, "another provider's");
    }
}
