//! Failures: repeated, or told by name.

use std::time::Duration;

use agno_agents::{ModelError, ModelRequest, model::ReplyFormat};
use serde_json::json;

use super::{
    KEY, ask, builder,
    events::{busy, cut, end, overloaded, pieces, spoken, text, whole},
    hostile::{Reply, Server},
    model, streamed, unary,
};

#[tokio::test]
async fn too_busy_at_first() {
    let server = Server::start(vec![
        busy(),
        Reply::json(&whole(text("Hello."), "end_turn")),
    ])
    .await;
    let reply = unary(&model(&server), &ask("Hi")).await.expect("an answer");
    assert_eq!(reply.message.text, "Hello.");
    assert_eq!(reply.attempts, 2);
}

#[tokio::test]
async fn too_busy_for_ever() {
    let server = Server::start(vec![busy(), busy(), busy()]).await;
    let error = unary(&model(&server), &ask("Hi"))
        .await
        .expect_err("no answer");
    let ModelError::Server {
        status: Some(529),
        attempts: 3,
        message,
        ..
    } = error
    else {
        panic!("{error:?}");
    };
    assert!(message.starts_with("Overloaded"), "{message}");
}

#[tokio::test]
async fn too_busy_in_the_middle_of_an_answer() {
    let mut half = spoken(&["Half of "]);
    half.truncate(3);
    half.push(overloaded());
    let server = Server::start(vec![pieces(&half), pieces(&spoken(&["All of it."]))]).await;
    let (reply, heard) = streamed(&model(&server), &ask("Hi")).await;
    let reply = reply.expect("an answer");
    assert_eq!(reply.message.text, "All of it.");
    assert_eq!(reply.attempts, 2);
    assert_eq!(heard, "Half of |All of it.");
}

#[tokio::test]
async fn refused_in_the_middle_of_an_answer() {
    let mut half = spoken(&["Half of "]);
    half.truncate(3);
    half.push(json!({ "type": "error",
        "error": { "type": "invalid_request_error", "message": "no such thing" } }));
    let server = Server::start(vec![pieces(&half)]).await;
    let (outcome, _) = streamed(&model(&server), &ask("Hi")).await;
    let error = outcome.expect_err("no answer");
    assert!(
        matches!(error, ModelError::Rejected { status: 400, .. }),
        "{error:?}"
    );
    assert_eq!(server.seen().len(), 1, "nothing to repeat");
}

#[tokio::test]
async fn cut_in_the_middle_of_an_answer() {
    let mut half = spoken(&["Half of ", "it"]);
    half.truncate(4);
    let server = Server::start(vec![cut(&half), cut(&half), cut(&half)]).await;
    let (outcome, heard) = streamed(&model(&server), &ask("Hi")).await;
    let error = outcome.expect_err("half an answer");
    assert!(
        matches!(
            error,
            ModelError::Truncated {
                received: 10,
                attempts: 3,
                ..
            }
        ),
        "{error:?}"
    );
    assert_eq!(heard, "Half of it|Half of it|Half of it");
}

#[tokio::test]
async fn a_tidy_end_without_a_reason() {
    let mut half = spoken(&["Half"]);
    half.truncate(4);
    let server = Server::start(vec![
        pieces(&half),
        pieces(&[]),
        Reply::json(&json!({ "content": [{ "type": "text", "text": "Half" }] })),
    ])
    .await;
    let (outcome, _) = streamed(&model(&server), &ask("Hi")).await;
    let error = outcome.expect_err("half an answer");
    assert!(
        matches!(
            error,
            ModelError::Truncated {
                received: 4,
                attempts: 3,
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn answers_that_are_none() {
    for (reason, code) in [
        ("max_tokens", "model_output_limit"),
        ("refusal", "model_refused"),
        ("model_context_window_exceeded", "model_context_length"),
    ] {
        let mut events = spoken(&["I will not"]);
        events[4] = end(reason);
        let server = Server::start(vec![
            Reply::json(&whole(text("I will not"), reason)),
            pieces(&events),
        ])
        .await;
        let model = model(&server);
        let error = unary(&model, &ask("Hi")).await.expect_err("no answer");
        assert_eq!(error.code(), code);
        let error = streamed(&model, &ask("Hi")).await.0.expect_err("no answer");
        assert_eq!(error.code(), code);
        if let ModelError::Refused { text, .. } = error {
            assert_eq!(text, "I will not");
        }
        assert_eq!(server.seen().len(), 2, "{reason} is not repeated");
    }
}

#[tokio::test]
async fn a_wrong_key_is_told_without_the_key() {
    let body = json!({ "type": "error", "error": {
        "type": "authentication_error", "message": format!("invalid x-api-key: {KEY}"),
    } });
    let server = Server::start(vec![Reply::error(401, &body)]).await;
    let error = unary(&model(&server), &ask("Hi"))
        .await
        .expect_err("a wrong key");
    let ModelError::Rejected {
        status: 401, code, ..
    } = &error
    else {
        panic!("{error:?}");
    };
    assert_eq!(code.as_deref(), Some("authentication_error"));
    assert!(!format!("{error} {error:?}").contains(KEY), "{error}");
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_page_of_a_proxy_is_told_in_words() {
    let page = "<html><head><title>413</title></head><body><h1>Request Entity Too Large</h1>";
    let server = Server::start(vec![Reply::of(413, &[], "text/html", page)]).await;
    let error = unary(&model(&server), &ask("Hi"))
        .await
        .expect_err("too large");
    let ModelError::Rejected {
        status: 413,
        message,
        ..
    } = &error
    else {
        panic!("{error:?}");
    };
    assert!(
        message.contains("Request Entity Too Large") && !message.contains('<'),
        "{message}"
    );
}

#[tokio::test]
async fn what_anthropic_says_only_in_words() {
    for (message, code) in [
        (
            "prompt is too long: 210000 tokens > 200000 maximum",
            "model_context_length",
        ),
        (
            "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000",
            "model_context_length",
        ),
        (
            "Your credit balance is too low to access the Anthropic API.",
            "model_quota",
        ),
        (
            "You have reached your specified API usage limits.",
            "model_quota",
        ),
        (
            "`temperature` is deprecated for this model.",
            "model_rejected",
        ),
    ] {
        let body = json!({ "type": "error",
            "error": { "type": "invalid_request_error", "message": message } });
        let server = Server::start(vec![Reply::error(400, &body)]).await;
        let error = unary(&model(&server), &ask("Hi"))
            .await
            .expect_err("refused");
        assert_eq!(error.code(), code, "{message}");
        assert!(error.to_string().contains(message), "{error}");
    }
}

#[tokio::test]
async fn an_error_under_status_200() {
    let server = Server::start(vec![
        Reply::json(&overloaded()),
        Reply::json(&whole(text("Hello."), "end_turn")),
    ])
    .await;
    let reply = unary(&model(&server), &ask("Hi")).await.expect("an answer");
    assert_eq!((reply.message.text.as_str(), reply.attempts), ("Hello.", 2));
}

#[tokio::test]
async fn silence_in_the_middle_of_an_answer() {
    let mut half = spoken(&["Half"]);
    half.truncate(3);
    let server = Server::start(vec![cut(&half).hang()]).await;
    let model = builder(&server)
        .max_attempts(1)
        .idle_timeout(Duration::from_millis(200))
        .build()
        .expect("a model");
    let (outcome, heard) = streamed(&model, &ask("Hi")).await;
    let error = outcome.expect_err("half an answer");
    assert_eq!(error.code(), "model_timeout");
    assert_eq!(heard, "Half");
}

#[tokio::test]
async fn what_it_does_not_take_is_not_sent() {
    let server = Server::start(vec![]).await;
    let request = ModelRequest {
        format: ReplyFormat::JsonObject,
        ..ask("Hi")
    };
    let error = unary(&model(&server), &request)
        .await
        .expect_err("no bare JSON");
    assert_eq!(error.code(), "model_unsupported");
    assert!(server.seen().is_empty());
}
