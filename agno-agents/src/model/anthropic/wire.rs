//! What the Messages API sends. Every field may be missing, what is not known is passed by, and a
//! part that is only nice to have does not fail the rest: the interface is spoken by more servers
//! than one, and none of them is quite like the other.

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::{Map, Value};

/// A whole message, or the head of a streamed one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireMessage {
    #[serde(deserialize_with = "lenient")]
    pub(super) id: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) model: Option<String>,
    pub(super) content: Option<Vec<Value>>,
    pub(super) stop_reason: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) stop_details: Option<StopDetails>,
    #[serde(deserialize_with = "lenient")]
    pub(super) usage: Option<WireUsage>,
    /// Some servers answer an error with status 200.
    pub(super) error: Option<Value>,
}

/// Why it declined.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct StopDetails {
    #[serde(deserialize_with = "lenient")]
    pub(super) category: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) explanation: Option<String>,
}

/// Tokens. In a stream they are sums so far, not more of them.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireUsage {
    /// Without those written to and read from the cache.
    #[serde(deserialize_with = "lenient")]
    pub(super) input_tokens: Option<u64>,
    #[serde(deserialize_with = "lenient")]
    pub(super) output_tokens: Option<u64>,
    #[serde(deserialize_with = "lenient")]
    pub(super) cache_creation_input_tokens: Option<u64>,
    #[serde(deserialize_with = "lenient")]
    pub(super) cache_read_input_tokens: Option<u64>,
    #[serde(deserialize_with = "lenient")]
    pub(super) output_tokens_details: Option<OutputDetails>,
}

/// Of the tokens written.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct OutputDetails {
    #[serde(deserialize_with = "lenient")]
    pub(super) thinking_tokens: Option<u64>,
}

/// An event of a stream. One shape for all kinds: which fields are there depends on `kind`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireEvent {
    #[serde(rename = "type", deserialize_with = "lenient")]
    pub(super) kind: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) message: Option<WireMessage>,
    #[serde(deserialize_with = "lenient")]
    pub(super) index: Option<u64>,
    #[serde(deserialize_with = "lenient")]
    pub(super) content_block: Option<Map<String, Value>>,
    #[serde(deserialize_with = "lenient")]
    pub(super) delta: Option<WireDelta>,
    #[serde(deserialize_with = "lenient")]
    pub(super) usage: Option<WireUsage>,
    pub(super) error: Option<Value>,
}

/// More of a content block, or of the message.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireDelta {
    #[serde(rename = "type", deserialize_with = "lenient")]
    pub(super) kind: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) text: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) partial_json: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) thinking: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) signature: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) citation: Option<Value>,
    #[serde(deserialize_with = "lenient")]
    pub(super) stop_reason: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) stop_details: Option<StopDetails>,
}

/// What is there and of the right type, or nothing.
fn lenient<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let value = Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_shapes_cost_only_themselves() {
        let message: WireMessage = serde_json::from_str(
            r#"{"id": 7, "model": null, "content": [{"type": "text", "text": "whole"}],
                "stop_reason": "end_turn", "stop_details": "none", "container": {},
                "usage": {"input_tokens": "many", "output_tokens": 3, "output_tokens_details": 1}}"#,
        )
        .expect("a tolerant reader");
        assert_eq!(message.id, None);
        assert_eq!(message.content.map(|content| content.len()), Some(1));
        let usage = message.usage.expect("usage");
        assert_eq!((usage.input_tokens, usage.output_tokens), (None, Some(3)));
    }

    #[test]
    fn an_event_without_anything_is_an_event() {
        let event: WireEvent = serde_json::from_str("{}").expect("a tolerant reader");
        assert!(event.kind.is_none() && event.delta.is_none());
        let event: WireEvent =
            serde_json::from_str(r#"{"type": "new_thing", "index": -1, "delta": []}"#)
                .expect("a tolerant reader");
        assert_eq!(event.kind.as_deref(), Some("new_thing"));
        assert_eq!(event.index, None);
    }
}
