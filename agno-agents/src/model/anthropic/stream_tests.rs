#![expect(
    clippy::needless_pass_by_value,
    reason = "JSON is written where it is handed over"
)]

use super::*;
use crate::model::{ModelError, http::Failure};

/// An answer's events, what was handed over, and how it ended.
fn read(events: &[Value]) -> (Answer, Vec<String>, bool) {
    read_after(&[], events)
}

fn read_after(paused: &[Value], events: &[Value]) -> (Answer, Vec<String>, bool) {
    let mut said = Vec::new();
    let mut assembly = Assembly::after(paused);
    let mut ended = false;
    for event in events {
        let event = serde_json::from_value(event.clone()).expect("an event");
        let progress = assembly.event(event, &mut |delta| match delta {
            Delta::Text(text) => said.push(text.to_owned()),
            Delta::Reasoning(text) => said.push(format!("({text})")),
            Delta::Reset { .. } => panic!("nothing to take back"),
        });
        ended = matches!(progress, Progress::End);
    }
    (assembly.finish(), said, ended)
}

fn start(index: u64, block: Value) -> Value {
    json!({ "type": "content_block_start", "index": index, "content_block": block })
}

fn delta(index: u64, delta: Value) -> Value {
    json!({ "type": "content_block_delta", "index": index, "delta": delta })
}

fn text(index: u64, text: &str) -> Value {
    delta(index, json!({ "type": "text_delta", "text": text }))
}

#[test]
fn a_whole_turn_with_thoughts_text_and_a_call() {
    let (answer, said, ended) = read(&[
        json!({ "type": "message_start", "message": {
            "id": "msg_1", "model": "claude-sonnet-5-5-20261001", "content": [],
            "stop_reason": null, "usage": { "input_tokens": 25, "output_tokens": 1,
            "cache_read_input_tokens": 100 } } }),
        json!({ "type": "ping" }),
        start(
            0,
            json!({ "type": "thinking", "thinking": "", "signature": "" }),
        ),
        delta(0, json!({ "type": "thinking_delta", "thinking": "Ulm " })),
        delta(0, json!({ "type": "thinking_delta", "thinking": "it is." })),
        delta(0, json!({ "type": "signature_delta", "signature": "sig" })),
        json!({ "type": "content_block_stop", "index": 0 }),
        start(1, json!({ "type": "text", "text": "" })),
        text(1, "I "),
        text(1, "look."),
        json!({ "type": "content_block_stop", "index": 1 }),
        start(
            2,
            json!({ "type": "tool_use", "id": "t1", "name": "weather", "input": {} }),
        ),
        delta(2, json!({ "type": "input_json_delta", "partial_json": "" })),
        delta(
            2,
            json!({ "type": "input_json_delta", "partial_json": "{\"place\":" }),
        ),
        delta(
            2,
            json!({ "type": "input_json_delta", "partial_json": "\"Ulm\"}" }),
        ),
        json!({ "type": "content_block_stop", "index": 2 }),
        json!({ "type": "message_delta", "delta": { "stop_reason": "tool_use" },
            "usage": { "input_tokens": 0, "output_tokens": 40 } }),
        json!({ "type": "message_stop" }),
    ]);
    assert!(ended);
    assert_eq!(said, ["(Ulm )", "(it is.)", "I ", "look."]);
    assert_eq!(answer.id.as_deref(), Some("msg_1"));
    assert_eq!(answer.stop_reason.as_deref(), Some("tool_use"));
    let usage = answer::usage(&answer.usage);
    assert_eq!((usage.input_tokens, usage.output_tokens), (125, 40));
    assert_eq!(usage.cache_read_tokens, 100);

    let message = answer::message(answer.blocks, "claude-sonnet-5-5").expect("a message");
    assert_eq!(message.text, "I look.");
    assert_eq!(message.reasoning.as_deref(), Some("Ulm it is."));
    assert_eq!(message.tool_calls[0].id, "t1");
    assert_eq!(message.tool_calls[0].arguments, r#"{"place":"Ulm"}"#);
    let sent = answer::kept(&message, "claude-sonnet-5-5").expect("kept");
    assert_eq!(
        sent[0],
        json!({ "type": "thinking", "thinking": "Ulm it is.", "signature": "sig" })
    );
    assert_eq!(sent[2]["input"], json!({ "place": "Ulm" }));
}

#[test]
fn parallel_calls_are_told_apart_by_index() {
    let (answer, _, _) = read(&[
        start(0, json!({ "type": "tool_use", "id": "a", "name": "one" })),
        start(
            1,
            json!({ "type": "tool_use", "id": "b", "name": "two", "input": {} }),
        ),
        delta(
            1,
            json!({ "type": "input_json_delta", "partial_json": "{\"n\":" }),
        ),
        delta(
            0,
            json!({ "type": "input_json_delta", "partial_json": "{\"n\":1}" }),
        ),
        delta(
            1,
            json!({ "type": "input_json_delta", "partial_json": "2}" }),
        ),
    ]);
    let message = answer::message(answer.blocks, "claude").expect("two calls");
    let arguments: Vec<&str> = message
        .tool_calls
        .iter()
        .map(|call| call.arguments.as_str())
        .collect();
    assert_eq!(arguments, [r#"{"n":1}"#, r#"{"n":2}"#]);
}

#[test]
fn calls_without_input_and_with_broken_input() {
    let (answer, _, _) = read(&[
        start(
            0,
            json!({ "type": "tool_use", "id": "a", "name": "now", "input": {} }),
        ),
        start(
            1,
            json!({ "type": "tool_use", "id": "b", "name": "now", "input": { "n": 1 } }),
        ),
        start(
            2,
            json!({ "type": "tool_use", "id": "c", "name": "now", "input": {} }),
        ),
        delta(
            2,
            json!({ "type": "input_json_delta", "partial_json": "{\"half" }),
        ),
    ]);
    let message = answer::message(answer.blocks, "claude").expect("three calls");
    let arguments: Vec<&str> = message
        .tool_calls
        .iter()
        .map(|call| call.arguments.as_str())
        .collect();
    assert_eq!(arguments, ["{}", r#"{"n":1}"#, r#"{"half"#]);
}

#[test]
fn sloppy_servers() {
    // No index, no start, no stop, unknown events and deltas.
    let (answer, said, _) = read(&[
        json!({ "type": "content_block_delta", "delta": { "text": "Good " } }),
        json!({ "type": "weather_report", "index": 3 }),
        json!({ "type": "content_block_delta", "delta": { "type": "new_delta", "x": 1 } }),
        json!({ "type": "content_block_delta", "delta": { "type": "text_delta", "text": "day." } }),
        json!({ "type": "message_delta", "delta": { "stop_reason": "end_turn" } }),
        json!({ "type": "message_delta", "delta": {}, "usage": { "output_tokens": 3 } }),
    ]);
    assert_eq!(said, ["Good ", "day."]);
    assert_eq!(answer::text(&answer.blocks), "Good day.");
    assert_eq!(answer.stop_reason.as_deref(), Some("end_turn"));
    assert_eq!(answer.usage.output_tokens, Some(3));
}

#[test]
fn what_is_handed_over_is_what_is_answered() {
    let events = [
        start(0, json!({ "type": "text", "text": "I search" })),
        text(0, "."),
        start(
            1,
            json!({ "type": "server_tool_use", "id": "s", "name": "web_search", "input": {} }),
        ),
        start(
            2,
            json!({ "type": "web_search_tool_result", "tool_use_id": "s", "content": [] }),
        ),
        start(3, json!({ "type": "text", "text": "" })),
        text(3, "Found"),
        start(4, json!({ "type": "text", "text": "", "citations": null })),
        delta(
            4,
            json!({ "type": "citations_delta", "citation": { "url": "u" } }),
        ),
        text(4, " it."),
    ];
    let (answer, said, _) = read(&events);
    assert_eq!(said.concat(), "I search.\n\nFound it.");
    assert_eq!(answer::text(&answer.blocks), said.concat());
    assert_eq!(answer.blocks[4]["citations"], json!([{ "url": "u" }]));

    // The same, when it paused after the search.
    let (first, before, _) = read(&events[..4]);
    let (second, after, _) = read_after(&first.blocks, &events[4..]);
    let mut blocks = first.blocks;
    blocks.extend(second.blocks);
    assert_eq!(answer::text(&blocks), before.concat() + &after.concat());
}

#[test]
fn an_error_ends_it() {
    let mut assembly = Assembly::default();
    for event in [
        json!({ "type": "error", "error": { "type": "overloaded_error", "message": "full" } }),
        json!({ "error": { "message": "full" } }),
        json!({ "type": "error" }),
    ] {
        let event = serde_json::from_value(event).expect("an event");
        let progress = assembly.event(event, &mut |_| {});
        assert!(matches!(progress, Progress::Error(_)), "{progress:?}");
    }
}

#[test]
fn a_reason_is_the_end_of_all_content() {
    let mut assembly = Assembly::default();
    let mut event = |event: Value| {
        let event = serde_json::from_value(event).expect("an event");
        assembly.event(event, &mut |_| {});
        (assembly.is_whole(), assembly.received())
    };
    assert_eq!(event(text(0, "half")), (false, 4));
    let end = json!({ "type": "message_delta", "delta": { "stop_reason": "end_turn" } });
    assert_eq!(event(end), (true, 4));
}

#[test]
fn a_streamed_refusal_keeps_its_explanation() {
    let (answer, _, _) = read(&[json!({
        "type": "message_delta",
        "delta": { "stop_reason": "refusal",
                   "stop_details": { "type": "refusal", "explanation": "It is dangerous." } },
    })]);
    let Err(Failure::Final(ModelError::Refused { text, .. })) = answer.end("claude") else {
        panic!("an answer");
    };
    assert_eq!(text, "It is dangerous.");
}
