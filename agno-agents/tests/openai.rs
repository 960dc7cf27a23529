//! The OpenAI adapter against servers that deviate and fail: every answer is the right one or the
//! named error, never half a one.

#![cfg(feature = "openai")]

mod hostile;

use std::time::Duration;

use agno_agents::{
    Message, Model, ModelError, ModelReply, ModelRequest,
    model::{Deltas, OpenAi, OpenAiBuilder, TimeoutKind},
};
use hostile::{Reply, Server, heard::Heard};
use serde_json::{Value, json};

fn model(server: &Server) -> OpenAiBuilder {
    OpenAi::builder("m").base_url(server.url("/v1"))
}

fn request() -> ModelRequest {
    ModelRequest {
        messages: vec![Message::user("Say it.")],
        ..ModelRequest::default()
    }
}

/// Asks once, in pieces.
async fn streamed(reply: Reply) -> (Result<ModelReply, ModelError>, String) {
    let server = Server::start([reply]).await;
    let model = model(&server).max_attempts(1).build().expect("a model");
    let heard = Heard::default();
    let outcome = model.respond(&request(), &heard.deltas()).await;
    (outcome, heard.text())
}

/// Asks once, at one go.
async fn unary(reply: Reply) -> Result<ModelReply, ModelError> {
    let server = Server::start([reply]).await;
    let model = model(&server).max_attempts(1).build().expect("a model");
    model.respond(&request(), &Deltas::none()).await
}

fn text(content: &str) -> Value {
    json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m-1",
           "choices": [{"index": 0, "delta": {"content": content}, "finish_reason": null}]})
}

fn finish(word: &str) -> Value {
    json!({"id": "c", "choices": [{"index": 0, "delta": {}, "finish_reason": word}]})
}

/// A stream that a listener hears, and its end.
async fn good(reply: Reply) -> ModelReply {
    let (outcome, heard) = streamed(reply).await;
    let reply = outcome.expect("an answer");
    assert_eq!(heard, reply.message.text);
    reply
}

#[tokio::test]
async fn an_ordinary_stream() {
    let usage = json!({"choices": [], "usage": {
        "prompt_tokens": 10, "completion_tokens": 5, "cost": 0.25,
        "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 3},
    }});
    let reply = good(
        Reply::stream()
            .events([&text("Hel"), &text("lo"), &finish("stop"), &usage])
            .done(),
    )
    .await;
    assert_eq!(reply.message.text, "Hello");
    assert_eq!((&*reply.model, reply.id.as_deref()), ("m-1", Some("c")));
    assert_eq!((&*reply.finish, reply.attempts), ("stop", 1));
    assert_eq!(reply.usage.input_tokens, 10);
    assert_eq!(reply.usage.output_tokens, 5);
    assert_eq!(reply.usage.cache_read_tokens, 4);
    assert_eq!(reply.usage.reasoning_tokens, 3);
    assert_eq!(reply.usage.cost, Some(0.25));
    let first = reply.first_micros.expect("it came in pieces");
    assert!(0 < first && first <= reply.micros);
}

// Deviations: agents.md, section 1.3.

#[tokio::test]
async fn an_empty_finish_reason_with_content_is_an_end() {
    let reply = good(Reply::stream().events([&text("Hi"), &finish("")]).done()).await;
    assert_eq!(reply.message.text, "Hi");

    // Without the mark of the end it may be anything.
    let (outcome, _) = streamed(Reply::stream().events([&text("Hi"), &finish("")]).tidy()).await;
    assert!(
        matches!(outcome, Err(ModelError::Truncated { received: 2, .. })),
        "{outcome:?}"
    );

    let whole = json!({"choices": [{"message": {"content": "Hi"}, "finish_reason": ""}]});
    let reply = unary(Reply::json(&whole)).await.expect("an answer");
    assert_eq!(reply.message.text, "Hi");
}

#[tokio::test]
async fn an_unknown_service_tier_is_no_matter() {
    let mut chunk = text("Hi");
    chunk["service_tier"] = "on_demand".into();
    let reply = good(Reply::stream().events([&chunk, &finish("stop")]).done()).await;
    assert_eq!(reply.message.text, "Hi");
}

#[tokio::test]
async fn chunks_without_id_created_index_or_object() {
    let chunk = json!({"choices": [{"delta": {"content": "Hi"}}]});
    let end = json!({"choices": [{"finish_reason": "stop"}]});
    let reply = good(Reply::stream().events([&chunk, &end]).done()).await;
    assert_eq!((&*reply.message.text, &*reply.model), ("Hi", "m"));

    let whole = json!({"choices": [{"message": {"content": "Hi"}}]});
    let reply = unary(Reply::json(&whole)).await.expect("an answer");
    assert_eq!((&*reply.message.text, reply.id), ("Hi", None));
}

#[tokio::test]
async fn tool_calls_without_index_and_with_the_wrong_finish_reason() {
    let call = |id: &str, name: Value, arguments: &str| {
        json!({"choices": [{"delta": {"tool_calls": [
            {"id": id, "function": {"name": name, "arguments": arguments}},
        ]}}]})
    };
    let reply = good(
        Reply::stream()
            .events([
                &call("a", "look".into(), "{\"q\":"),
                &call("a", Value::Null, "1}"),
                &call("b", "rest".into(), ""),
                &finish("stop"),
            ])
            .done(),
    )
    .await;
    let calls: Vec<_> = reply
        .message
        .tool_calls
        .iter()
        .map(|call| (&*call.id, &*call.name, &*call.arguments))
        .collect();
    assert_eq!(calls, [("a", "look", "{\"q\":1}"), ("b", "rest", "{}")]);
}

#[tokio::test]
async fn an_error_inside_a_stream_is_one() {
    for (body, code) in [
        (
            json!({"error": {"message": "boom", "type": "server_error"}}),
            "model_server",
        ),
        (
            json!({"error": {"message": "slow", "code": "rate_limit_exceeded"}}),
            "model_rate_limited",
        ),
        (
            json!({"error": {"message": "slow", "code": 429}}),
            "model_rate_limited",
        ),
        (
            json!({"error": {"message": "paid up?", "code": "insufficient_quota"}}),
            "model_quota",
        ),
        (json!({"error": "out of memory"}), "model_server"),
        (
            json!({"object": "error", "message": "no", "code": 400}),
            "model_rejected",
        ),
    ] {
        let stream = Reply::stream().events([&text("Ha"), &body]).done();
        let (outcome, heard) = streamed(stream).await;
        let error = outcome.expect_err("an error");
        assert_eq!((error.code(), &*heard), (code, "Ha"), "{body}");
        let error = unary(Reply::json(&body)).await.expect_err("an error");
        assert_eq!(error.code(), code, "{body}");
    }
}

#[tokio::test]
async fn thoughts_are_kept() {
    for word in ["reasoning_content", "reasoning"] {
        let thought = json!({"choices": [{"delta": {word: "Hm"}}]});
        let stream = Reply::stream().events([&thought, &text("Hi"), &finish("stop")]);
        let (outcome, heard) = streamed(stream.done()).await;
        let reply = outcome.expect("an answer");
        assert_eq!(reply.message.reasoning.as_deref(), Some("Hm"));
        assert_eq!((&*reply.message.text, &*heard), ("Hi", "(Hm)Hi"));
    }
    // Mistral's way.
    let whole = json!({"choices": [{"finish_reason": "stop", "message": {"content": [
        {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]},
        {"type": "text", "text": "Hi"},
    ]}}]});
    let reply = unary(Reply::json(&whole)).await.expect("an answer");
    assert_eq!(reply.message.reasoning.as_deref(), Some("Hm"));
    assert_eq!(reply.message.text, "Hi");
}

// Errors: agents.md, section 1.4.

#[tokio::test]
async fn a_numeric_code_does_not_hide_the_status() {
    let body =
        json!([{"error": {"code": 400, "message": "Bad schema", "status": "INVALID_ARGUMENT"}}]);
    let error = unary(Reply::error(400, &body)).await.expect_err("an error");
    let ModelError::Rejected {
        status,
        code,
        message,
        ..
    } = error
    else {
        panic!("{error:?}");
    };
    assert_eq!((status, code.as_deref()), (400, Some("INVALID_ARGUMENT")));
    assert_eq!(message, "Bad schema");
}

#[tokio::test]
async fn pages_and_text_in_place_of_json() {
    let page = "<html><head><title>403</title></head><body>\u{1b}[31mGo <b>away</b></body></html>";
    let error = unary(Reply::of(403, &[], "text/html", page)).await;
    let Err(ModelError::Rejected {
        status: 403,
        message,
        ..
    }) = error
    else {
        panic!("{error:?}");
    };
    assert_eq!(message, "403 [31mGo away");

    let slow = Reply::of(429, &[("retry-after-ms", "1")], "text/plain", "slow down");
    let good = json!({"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]});
    let server = Server::start([slow, Reply::json(&good)]).await;
    let model = model(&server).build().expect("a model");
    let reply = model
        .respond(&request(), &Deltas::none())
        .await
        .expect("an answer");
    assert_eq!((&*reply.message.text, reply.attempts), ("Hi", 2));
}

#[tokio::test]
async fn a_server_error_keeps_its_words() {
    let body = json!({"error": {"message": "overloaded", "type": "server_error", "code": null}});
    let error = unary(Reply::error(503, &body)).await.expect_err("an error");
    let ModelError::Server {
        status,
        attempts,
        message,
        ..
    } = error
    else {
        panic!("{error:?}");
    };
    assert_eq!((status, attempts, &*message), (Some(503), 1, "overloaded"));
}

#[tokio::test]
async fn a_connection_dropped_before_the_headers_is_tried_again() {
    let good = json!({"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]});
    let server = Server::start([Reply::hang_up(), Reply::json(&good)]).await;
    let answer = model(&server).build().expect("a model");
    let reply = answer
        .respond(&request(), &Deltas::none())
        .await
        .expect("an answer");
    assert_eq!(reply.attempts, 2);

    let server = Server::start([Reply::hang_up(), Reply::hang_up()]).await;
    let answer = model(&server).max_attempts(2).build().expect("a model");
    let error = answer.respond(&request(), &Deltas::none()).await;
    assert!(
        matches!(error, Err(ModelError::Connection { attempts: 2, .. })),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_stream_that_is_cut_off_is_not_an_answer() {
    let (outcome, heard) = streamed(Reply::stream().event(&text("Half an ans"))).await;
    assert!(
        matches!(outcome, Err(ModelError::Truncated { received: 11, .. })),
        "{outcome:?}"
    );
    assert_eq!(heard, "Half an ans");
}

#[tokio::test]
async fn what_was_heard_is_taken_back_before_another_attempt() {
    let cut = Reply::stream().event(&text("Half an ans"));
    let whole = Reply::stream()
        .events([&text("All of it"), &finish("stop")])
        .done();
    let server = Server::start([cut, whole]).await;
    let model = model(&server).build().expect("a model");
    let heard = Heard::default();
    let reply = model
        .respond(&request(), &heard.deltas())
        .await
        .expect("an answer");
    assert_eq!((&*reply.message.text, reply.attempts), ("All of it", 2));
    assert_eq!(heard.text(), "Half an ans|All of it");
}

#[tokio::test]
async fn a_stream_that_falls_silent_runs_into_the_idle_timeout() {
    let limit = Duration::from_millis(150);
    for silent in [Reply::stream().event(&text("Hm")).hang(), Reply::silence()] {
        let server = Server::start([silent]).await;
        let model = model(&server)
            .max_attempts(1)
            .connect_timeout(limit)
            .idle_timeout(limit)
            .build()
            .expect("a model");
        let error = model.respond(&request(), &Heard::default().deltas()).await;
        let Err(ModelError::Timeout { kind, after, .. }) = error else {
            panic!("{error:?}");
        };
        assert_eq!((kind, after), (TimeoutKind::Idle, limit));
    }
}

#[tokio::test]
async fn a_slow_stream_is_not_an_idle_one() {
    let slow = Reply::stream()
        .wait(200)
        .event(&text("a"))
        .wait(200)
        .raw(b": still here\n\n")
        .wait(200)
        .events([&text("b"), &finish("stop")])
        .done();
    let server = Server::start([slow]).await;
    let limit = Duration::from_millis(500);
    let model = model(&server)
        .max_attempts(1)
        .connect_timeout(limit)
        .idle_timeout(limit)
        .build()
        .expect("a model");
    let asked = model.respond(&request(), &Heard::default().deltas()).await;
    let reply = asked.expect("an answer");
    assert_eq!(reply.message.text, "ab");
    assert!(reply.micros > 500_000);
}

#[tokio::test]
async fn a_tidy_end_without_a_reason_is_truncated() {
    for stream in [
        Reply::stream().event(&text("Half")).tidy(),
        Reply::stream().event(&text("Half")).done(),
        Reply::stream_to_close().event(&text("Half")),
    ] {
        let (outcome, _) = streamed(stream).await;
        assert!(
            matches!(outcome, Err(ModelError::Truncated { received: 4, .. })),
            "{outcome:?}"
        );
    }
}

#[tokio::test]
async fn an_empty_stream_is_truncated() {
    for stream in [
        Reply::stream().tidy(),
        Reply::stream().done(),
        Reply::stream_to_close(),
        Reply::stream().event(&json!({"choices": []})).done(),
    ] {
        let (outcome, heard) = streamed(stream).await;
        assert!(
            matches!(outcome, Err(ModelError::Truncated { received: 0, .. })),
            "{outcome:?}"
        );
        assert_eq!(heard, "");
    }
    let error = unary(Reply::of(200, &[], "application/json", "")).await;
    assert!(
        matches!(error, Err(ModelError::Truncated { .. })),
        "{error:?}"
    );
}

// Ends of other kinds.

#[tokio::test]
async fn limits_filters_and_refusals_are_errors_and_not_repeated() {
    let refusal = json!({"choices": [{"delta": {"refusal": "I would rather not."}}]});
    for (events, code) in [
        (
            vec![text("Once upon"), finish("length")],
            "model_output_limit",
        ),
        (
            vec![text("Once upon"), finish("content_filter")],
            "model_filtered",
        ),
        (vec![refusal, finish("stop")], "model_refused"),
    ] {
        let stream = Reply::stream().events(&events).done();
        let server = Server::start([stream]).await;
        let model = model(&server).build().expect("a model");
        let error = model.respond(&request(), &Heard::default().deltas()).await;
        assert_eq!(error.expect_err("an error").code(), code);
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn what_is_no_answer_is_malformed() {
    for body in [
        "<html>Welcome</html>",
        "{\"choices\": 7}",
        "{}",
        "{\"choices\": []}",
    ] {
        let error = unary(Reply::of(200, &[], "application/json", body)).await;
        assert!(
            matches!(error, Err(ModelError::Malformed { .. })),
            "{body}: {error:?}"
        );
    }
    for piece in [&b"data: {oops}\n\n"[..], b"data: \"\xff\"\n\n"] {
        let (outcome, _) = streamed(Reply::stream().raw(piece).done()).await;
        assert!(
            matches!(outcome, Err(ModelError::Malformed { .. })),
            "{outcome:?}"
        );
    }
    let (outcome, _) = streamed(Reply::stream().raw(b"data: {\"choices\": [").tidy()).await;
    assert!(
        matches!(outcome, Err(ModelError::Truncated { .. })),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn events_may_come_in_any_pieces() {
    let bytes = format!(
        "data: {}\r\n\r\ndata:{}\n\ndata: [DONE]",
        text("Grüß Gott"),
        finish("stop")
    );
    let mut stream = Reply::stream();
    for piece in bytes.as_bytes().chunks(7) {
        stream = stream.raw(piece);
    }
    assert_eq!(good(stream.tidy()).await.message.text, "Grüß Gott");
}

#[tokio::test]
async fn a_server_that_knows_no_streams_is_understood() {
    let whole = json!({"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]});
    assert_eq!(good(Reply::json(&whole)).await.message.text, "Hi");
}
