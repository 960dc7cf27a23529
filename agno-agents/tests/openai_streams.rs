//! Streams cut up, dressed up and given up in every way.

#![cfg(feature = "openai")]

mod hostile;

use std::time::Duration;

use agno_agents::{
    Message, Model, ModelError, ModelReply, ModelRequest,
    model::{OpenAi, OpenAiBuilder},
};
use hostile::{Reply, Server, heard::Heard};
use serde_json::json;

fn model(server: &Server) -> OpenAiBuilder {
    OpenAi::builder("m").base_url(server.url("/v1"))
}

fn request() -> ModelRequest {
    ModelRequest {
        messages: vec![Message::user("Say it.")],
        ..ModelRequest::default()
    }
}

/// Text of several bytes a character, two calls interleaved, a finish before the last piece; with
/// a byte order mark, comments, `\r\n`, other fields and data in several lines.
fn dressed_up() -> Vec<u8> {
    let text = |text: &str| json!({"choices": [{"index": 0, "delta": {"content": text}}]});
    let call = |delta: serde_json::Value| json!({"choices": [{"delta": {"tool_calls": [delta]}}]});
    let events = [
        text("Grüße "),
        text("🚆 你好"),
        call(json!({"index": 0, "id": "a", "function": {"name": "one", "arguments": ""}})),
        call(json!({"index": 1, "id": "b", "function": {"name": "two", "arguments": "{\"y\":"}})),
        call(json!({"index": 0, "function": {"arguments": "{\"x\":\"é\"}"}})),
        json!({"choices": [{"delta": {}, "finish_reason": "tool_calls"}]}),
        call(json!({"index": 1, "function": {"arguments": "2}"}})),
    ];
    let mut stream = "\u{feff}: hello\r\n\r\nretry: 10\r\n".to_owned();
    for (place, event) in events.iter().enumerate() {
        let line = event.to_string();
        // JSON may be broken into lines where white space may stand.
        let (head, rest) = line.split_at(1);
        match place % 3 {
            0 => stream.push_str(&format!("data: {line}\r\n\r\n")),
            1 => stream.push_str(&format!("id: {place}\n:\ndata:{head}\ndata: {rest}\n\n")),
            _ => stream.push_str(&format!("data: {head}\r\ndata:{rest}\r\n: so\r\n\r\n")),
        }
    }
    stream.push_str("data: [DONE]\r\n\r\n");
    stream.into_bytes()
}

fn check(outcome: Result<ModelReply, ModelError>, heard: &Heard, cut: &str) {
    let reply = outcome.unwrap_or_else(|error| panic!("{cut}: {error}"));
    assert_eq!(reply.message.text, "Grüße 🚆 你好", "{cut}");
    assert_eq!(heard.text(), reply.message.text, "{cut}");
    let calls = reply.message.tool_calls.iter();
    let calls: Vec<_> = calls
        .map(|call| (call.id.as_str(), call.arguments.as_str()))
        .collect();
    assert_eq!(calls, [("a", "{\"x\":\"é\"}"), ("b", "{\"y\":2}")], "{cut}");
}

#[tokio::test]
async fn a_stream_may_be_cut_anywhere() {
    let bytes = dressed_up();
    let whole = bytes.clone();
    let server = Server::with(move |at| {
        let reply = Reply::stream();
        if at == 0 {
            // Each byte by itself.
            return whole.iter().fold(reply, |r, byte| r.raw(&[*byte])).tidy();
        }
        let (head, rest) = whole.split_at(at * 7);
        reply.raw(head).wait(1).raw(rest).tidy()
    })
    .await;
    let model = model(&server).max_attempts(1).build().expect("a model");
    for at in (0..bytes.len()).step_by(7) {
        let heard = Heard::default();
        let outcome = model.respond(&request(), &heard.deltas()).await;
        check(outcome, &heard, &format!("at {at}"));
    }
}

#[tokio::test]
async fn a_stream_that_ends_anywhere_is_no_answer_before_its_reason() {
    let bytes = dressed_up();
    let reason = String::from_utf8_lossy(&bytes)
        .find("finish_reason")
        .expect("a reason");
    let whole = bytes.clone();
    let server = Server::with(move |at| Reply::stream().raw(&whole[..=at * 7]).tidy()).await;
    let model = model(&server).max_attempts(1).build().expect("a model");
    for at in (0..reason).step_by(7) {
        let heard = Heard::default();
        let error = model.respond(&request(), &heard.deltas()).await;
        let error = error.expect_err("half an answer");
        let typed = matches!(
            error,
            ModelError::Truncated { .. } | ModelError::Malformed { .. }
        );
        assert!(typed, "at {at}: {error:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_that_are_given_up_leave_nothing_behind() {
    let server = Server::with(|_| {
        let piece = json!({"choices": [{"index": 0, "delta": {"content": "on and on "}}]});
        Reply::stream().event(&piece).event(&piece).hang()
    })
    .await;
    let model = model(&server).in_flight(4).build().expect("a model");
    for round in 0..1000_u64 {
        let heard = Heard::default();
        let (asked, deltas) = (request(), heard.deltas());
        let asking = model.respond(&asked, &deltas);
        let limit = Duration::from_micros(round * 7 % 5000);
        assert!(tokio::time::timeout(limit, asking).await.is_err());
    }
    // All places are free again: four more come through at the same time.
    let before = server.seen().len();
    let asked = request();
    let more = (0..4).map(|_| {
        let heard = Heard::default();
        let (model, asked) = (&model, &asked);
        async move {
            let limit = Duration::from_millis(500);
            let _ = tokio::time::timeout(limit, model.respond(asked, &heard.deltas())).await;
            heard.text()
        }
    });
    let heard = futures_util::future::join_all(more).await;
    assert!(
        heard.iter().all(|text| text.contains("on and on")),
        "{heard:?}"
    );
    assert_eq!(server.seen().len(), before + 4);
    let gone = async {
        while server.now() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), gone)
        .await
        .expect("all connections are given back");
}

#[tokio::test]
async fn odd_waits_are_not_waited_for() {
    for wait in [
        "-5",
        "NaN",
        "inf",
        "1e308",
        "Mon, 01 Jan 1990 00:00:00 GMT",
        "soon",
        "\u{fc}",
    ] {
        let server = Server::with(move |request| match request {
            0 => Reply::of(429, &[("retry-after", wait)], "text/plain", "slow down"),
            _ => Reply::json(&json!({"choices": [{"message": {"content": "yes"},
                                                  "finish_reason": "stop"}]})),
        })
        .await;
        let model = model(&server).max_attempts(2).build().expect("a model");
        let none = agno_agents::model::Deltas::none();
        let asked = request();
        let asking = model.respond(&asked, &none);
        let reply = tokio::time::timeout(Duration::from_secs(5), asking).await;
        let reply = reply.unwrap_or_else(|_| panic!("{wait}: it waits"));
        match reply {
            Ok(reply) => assert_eq!(reply.message.text, "yes", "{wait}"),
            // A wait that no number holds is longer than any that is waited for.
            Err(error) => assert_eq!(error.code(), "model_rate_limited", "{wait}"),
        }
    }
}

#[tokio::test]
async fn a_huge_line_costs_no_minutes() {
    let text = "x".repeat(3 << 20);
    let event = json!({"choices": [{"index": 0, "delta": {"content": text},
                                    "finish_reason": "stop"}]});
    let bytes = format!("data: {event}\n\n").into_bytes();
    let server = Server::with(move |_| {
        let pieces = bytes.chunks(2048);
        pieces.fold(Reply::stream(), Reply::raw).done()
    })
    .await;
    let model = model(&server).max_attempts(1).build().expect("a model");
    let heard = Heard::default();
    let begun = std::time::Instant::now();
    let reply = model.respond(&request(), &heard.deltas()).await;
    let took = begun.elapsed();
    assert_eq!(reply.expect("an answer").message.text.len(), 3 << 20);
    assert!(took < Duration::from_secs(5), "{took:?}");
}
