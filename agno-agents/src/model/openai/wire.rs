//! Words and numbers as servers write them: each where it belongs, or not at all.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::usage::Usage;

/// A word: text, or a number as text; anything else is none.
pub(super) fn word<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::String(word) => Some(word),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// A place in a list; anything else is none.
pub(super) fn place<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    Ok(Value::deserialize(from)?.as_u64())
}

/// Text of a value: itself, or that of its parts. Thoughts among the parts go to `reasoning`.
pub(super) fn text_of(value: &Value, text: &mut String, reasoning: &mut String) {
    match value {
        Value::String(more) => text.push_str(more),
        Value::Array(parts) => {
            for part in parts {
                // Mistral: {"type": "thinking", "thinking": [{"type": "text", "text": ".."}]}
                if let Some(thoughts) = part.get("thinking") {
                    let mut deeper = String::new();
                    text_of(thoughts, reasoning, &mut deeper);
                } else if let Some(more) = part.get("text").and_then(Value::as_str) {
                    text.push_str(more);
                }
            }
        }
        _ => {}
    }
}

/// The usage, by the words of both interfaces.
pub(super) fn usage(value: Option<&Value>) -> Usage {
    let number = |paths: &[&str]| {
        paths
            .iter()
            .find_map(|path| value?.pointer(path)?.as_u64())
            .unwrap_or(0)
    };
    Usage {
        requests: 1,
        input_tokens: number(&["/prompt_tokens", "/input_tokens"]),
        output_tokens: number(&["/completion_tokens", "/output_tokens"]),
        cache_read_tokens: number(&[
            "/prompt_tokens_details/cached_tokens",
            "/input_tokens_details/cached_tokens",
            // DeepSeek.
            "/prompt_cache_hit_tokens",
        ]),
        cache_write_tokens: number(&[
            // OpenRouter.
            "/prompt_tokens_details/cache_write_tokens",
        ]),
        reasoning_tokens: number(&[
            "/completion_tokens_details/reasoning_tokens",
            "/output_tokens_details/reasoning_tokens",
        ]),
        cost: value
            .and_then(|value| value.get("cost"))
            .and_then(Value::as_f64)
            .filter(|cost| cost.is_finite()),
    }
}

/// Why an answer ended, in the words of the servers that are about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Finish {
    /// At its end.
    Stop,
    /// At the most tokens it may have.
    Length,
    /// A filter held it back.
    Filtered,
    /// Something went wrong at the server.
    Failed,
    /// A call that the server could not read.
    BadCall,
    /// Another word: an end like any other.
    Other(String),
}

impl Finish {
    pub(super) fn read(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "stop" | "tool_calls" | "function_call" | "end_turn" => Self::Stop,
            // OpenAI; Gemini; Mistral; the Responses interface.
            "length" | "max_tokens" | "model_length" | "max_output_tokens" => Self::Length,
            // OpenAI; the others Gemini's.
            "content_filter" | "safety" | "recitation" | "prohibited_content" | "blocklist" => {
                Self::Filtered
            }
            // OpenRouter; vLLM; DeepSeek.
            "error" | "abort" | "insufficient_system_resource" => Self::Failed,
            // Gemini.
            "malformed_function_call" => Self::BadCall,
            _ => Self::Other(word.to_owned()),
        }
    }
}
