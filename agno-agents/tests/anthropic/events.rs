//! What the provider sends.
#![expect(
    clippy::needless_pass_by_value,
    reason = "JSON is written where it is handed over"
)]

use serde_json::{Value, json};

use super::hostile::Reply;

pub(super) fn whole(content: Value, stop_reason: &str) -> Value {
    json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-5-5",
        "content": content, "stop_reason": stop_reason, "stop_sequence": null,
        "usage": { "input_tokens": 10, "output_tokens": 5 },
    })
}

pub(super) fn text(text: &str) -> Value {
    json!([{ "type": "text", "text": text }])
}

pub(super) fn begin() -> Value {
    json!({ "type": "message_start", "message": {
        "id": "msg_2", "type": "message", "role": "assistant", "model": "claude-sonnet-5-5",
        "content": [], "stop_reason": null,
        "usage": { "input_tokens": 10, "output_tokens": 1, "cache_read_input_tokens": 90 },
    } })
}

pub(super) fn open(index: u64, block: Value) -> Value {
    json!({ "type": "content_block_start", "index": index, "content_block": block })
}

pub(super) fn more(index: u64, delta: Value) -> Value {
    json!({ "type": "content_block_delta", "index": index, "delta": delta })
}

pub(super) fn say(index: u64, text: &str) -> Value {
    more(index, json!({ "type": "text_delta", "text": text }))
}

pub(super) fn close(index: u64) -> Value {
    json!({ "type": "content_block_stop", "index": index })
}

pub(super) fn end(stop_reason: &str) -> Value {
    json!({
        "type": "message_delta", "delta": { "stop_reason": stop_reason, "stop_sequence": null },
        "usage": { "output_tokens": 12 },
    })
}

pub(super) fn stop() -> Value {
    json!({ "type": "message_stop" })
}

/// All events of a text.
pub(super) fn spoken(pieces: &[&str]) -> Vec<Value> {
    let mut events = vec![begin(), open(0, json!({ "type": "text", "text": "" }))];
    events.extend(pieces.iter().map(|piece| say(0, piece)));
    events.extend([close(0), end("end_turn"), stop()]);
    events
}

/// Events of an answer, and its tidy end.
pub(super) fn pieces(events: &[Value]) -> Reply {
    cut(events).tidy()
}

/// Events of an answer. The connection breaks after them.
pub(super) fn cut(events: &[Value]) -> Reply {
    events.iter().fold(Reply::stream(), |reply, event| {
        reply.named(event["type"].as_str().unwrap_or_default(), event)
    })
}

pub(super) fn busy() -> Reply {
    let body = overloaded().to_string();
    Reply::of(529, &[("retry-after", "0")], "application/json", &body)
}

pub(super) fn overloaded() -> Value {
    json!({ "type": "error", "request_id": "req_1",
            "error": { "type": "overloaded_error", "message": "Overloaded" } })
}
