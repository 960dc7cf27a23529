//! The limits of a model behind HTTP: repetition, pauses, time, requests at once, sizes.

#![cfg(feature = "openai")]

mod hostile;

use std::time::{Duration, Instant, SystemTime};

use agno_agents::{
    Message, Model, ModelError, ModelReply, ModelRequest,
    model::{Deltas, OpenAi, OpenAiBuilder, TimeoutKind},
};
use futures_util::future::join_all;
use hostile::{Reply, Server};
use serde_json::json;

const KEY: &str = "sk-very-secret-0123456789";

fn model(server: &Server) -> OpenAiBuilder {
    OpenAi::builder("m").base_url(server.url("/v1")).key(KEY)
}

fn request() -> ModelRequest {
    ModelRequest {
        messages: vec![Message::user("Say it.")],
        ..ModelRequest::default()
    }
}

async fn ask(model: &OpenAi) -> Result<ModelReply, ModelError> {
    model.respond(&request(), &Deltas::none()).await
}

fn good() -> Reply {
    Reply::json(&json!({"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]}))
}

fn status(status: u16) -> Reply {
    Reply::of(
        status,
        &[("retry-after-ms", "1")],
        "application/json",
        "{\"error\": \"no\"}",
    )
}

#[tokio::test]
async fn which_statuses_are_repeated() {
    for code in [408, 409, 429, 500, 502, 503, 529] {
        let server = Server::start([status(code), status(code), good()]).await;
        let reply = ask(&model(&server).build().expect("a model"))
            .await
            .expect("an answer");
        assert_eq!(reply.attempts, 3, "{code}");
    }
    for code in [400, 401, 402, 403, 404, 405, 413, 422] {
        let server = Server::start([status(code), good()]).await;
        let error = ask(&model(&server).build().expect("a model"))
            .await
            .expect_err("an error");
        assert!(!error.is_transient(), "{code}: {error}");
        assert_eq!(server.seen().len(), 1, "{code}");
    }
}

#[tokio::test]
async fn attempts_have_an_end_and_are_counted() {
    let server = Server::with(|_| status(429)).await;
    let error = ask(&model(&server).max_attempts(3).build().expect("a model")).await;
    let Err(ModelError::RateLimited {
        attempts: 3,
        retry_after,
        ..
    }) = error
    else {
        panic!("{error:?}");
    };
    assert_eq!(retry_after, Some(Duration::from_millis(1)));
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn a_used_up_quota_is_not_repeated() {
    let body = json!({"error": {"message": "Pay.", "type": "insufficient_quota", "code": "insufficient_quota"}});
    let server = Server::start([Reply::error(429, &body), good()]).await;
    let error = ask(&model(&server).build().expect("a model")).await;
    assert!(matches!(error, Err(ModelError::Quota { .. })), "{error:?}");
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_conversation_that_is_too_long_is_told_apart() {
    for body in [
        json!({"error": {"message": "x", "code": "context_length_exceeded"}}),
        json!({"error": {"message": "This model's maximum context length is 8192 tokens."}}),
        json!({"error": {"code": 400, "message": "x", "type": "exceed_context_size_error"}}),
    ] {
        let server = Server::start([Reply::error(400, &body)]).await;
        let error = ask(&model(&server).build().expect("a model")).await;
        assert!(
            matches!(error, Err(ModelError::ContextLength { .. })),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_server_says_how_long_to_wait() {
    for (name, value, least) in [
        ("retry-after-ms", "300", 300),
        ("retry-after", "1", 1_000),
        ("retry-after", "0.2", 200),
        // In two seconds, of which up to one has gone: a date has whole ones.
        ("Retry-After", "", 900),
    ] {
        let server = Server::with(move |request| {
            let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(2));
            let value = if value.is_empty() { &date } else { value };
            match request {
                0 => Reply::of(429, &[(name, value)], "text/plain", "slow down"),
                _ => good(),
            }
        })
        .await;
        let model = model(&server).build().expect("a model");
        let started = Instant::now();
        assert_eq!(ask(&model).await.expect("an answer").attempts, 2);
        let waited = started.elapsed();
        assert!(waited >= Duration::from_millis(least), "{name}: {waited:?}");
    }
}

#[tokio::test]
async fn a_wait_that_is_too_long_fails_at_once_and_says_so() {
    let slow = |code| {
        Reply::of(
            code,
            &[("retry-after", "3600")],
            "text/plain",
            "come back later",
        )
    };
    let server = Server::start([slow(429), slow(503)]).await;
    let model = model(&server).build().expect("a model");
    let started = Instant::now();
    let limited = ask(&model).await.expect_err("an error");
    let ModelError::RateLimited {
        retry_after,
        attempts: 1,
        ..
    } = &limited
    else {
        panic!("{limited:?}");
    };
    assert_eq!(*retry_after, Some(Duration::from_secs(3_600)));
    let failed = ask(&model).await.expect_err("an error");
    for error in [limited, failed] {
        assert!(error.to_string().contains("3600s"), "{error}");
    }
    assert!(started.elapsed() < Duration::from_secs(30));
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn the_deadline_is_for_all_attempts() {
    let server = Server::with(|_| Reply::silence()).await;
    let limit = Duration::from_millis(200);
    let silent = model(&server).deadline(limit).build().expect("a model");
    let error = ask(&silent).await;
    let Err(ModelError::Timeout {
        kind: TimeoutKind::Total,
        after,
        ..
    }) = error
    else {
        panic!("{error:?}");
    };
    assert_eq!((after, server.seen().len()), (limit, 1));

    let server = Server::with(|_| status(500).late(100)).await;
    let limit = Duration::from_millis(600);
    let slow = model(&server)
        .deadline(limit)
        .max_attempts(100)
        .build()
        .expect("a model");
    let started = Instant::now();
    let error = ask(&slow).await.expect_err("an error");
    assert!(error.is_transient(), "{error}");
    assert!(started.elapsed() < Duration::from_secs(5));
    let seen = server.seen().len();
    assert!((2..=6).contains(&seen), "{seen}");
}

/// An address at which nobody answers, with a listener or without.
fn silent_port() -> (std::net::TcpListener, String) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    (listener, format!("{address}/v1"))
}

#[tokio::test]
async fn nobody_there_is_a_connection_error() {
    let (listener, address) = silent_port();
    drop(listener);
    let gone = OpenAi::builder("m").base_url(format!("http://{address}"));
    let error = ask(&gone.max_attempts(2).build().expect("a model")).await;
    let Err(ModelError::Connection {
        attempts: 2,
        message,
        ..
    }) = error
    else {
        panic!("{error:?}");
    };
    assert!(!message.contains(&address), "{message}");
}

#[tokio::test]
async fn connecting_has_a_limit_with_tls_in_it() {
    // Connections are made, and nothing is said over them.
    let (_listener, address) = silent_port();
    let limit = Duration::from_millis(200);
    let mute = OpenAi::builder("m").base_url(format!("https://{address}"));
    let mute = mute.connect_timeout(limit).max_attempts(2).build();
    let error = ask(&mute.expect("a model")).await;
    let Err(ModelError::Timeout {
        kind: TimeoutKind::Connect,
        after,
        ..
    }) = error
    else {
        panic!("{error:?}");
    };
    assert_eq!(after, limit);
}

#[tokio::test]
async fn limits_may_be_as_long_as_one_likes() {
    let slow = Reply::of(429, &[("retry-after", "1e18")], "text/plain", "slow down");
    let server = Server::start([good(), slow]).await;
    let model = model(&server)
        .deadline(Duration::MAX)
        .idle_timeout(Duration::MAX)
        .connect_timeout(Duration::MAX)
        .longest_retry_after(Duration::MAX)
        .in_flight(usize::MAX)
        .build()
        .expect("a model");
    ask(&model).await.expect("an answer");
    let error = ask(&model).await;
    assert!(
        matches!(error, Err(ModelError::RateLimited { .. })),
        "{error:?}"
    );
}

#[tokio::test]
async fn two_hundred_at_once_are_eight_at_a_time() {
    let server = Server::with(|_| good().late(10)).await;
    let model = model(&server).build().expect("a model");
    let clones: Vec<OpenAi> = (0..200).map(|_| model.clone()).collect();
    let replies = join_all(clones.iter().map(ask)).await;
    assert!(replies.iter().all(Result::is_ok));
    assert_eq!((server.seen().len(), server.most_at_once()), (200, 8));
}

#[tokio::test]
async fn a_storm_of_rejections_slows_down_and_passes() {
    let server = Server::with(|request| if request < 150 { status(429) } else { good() }).await;
    let model = model(&server).max_attempts(200).build().expect("a model");
    let replies = join_all((0..200).map(|_| ask(&model))).await;
    assert!(replies.iter().all(Result::is_ok));
    assert_eq!(server.seen().len(), 350);
    assert!(server.most_at_once() <= 8);
}

#[tokio::test]
async fn a_request_that_is_dropped_gives_its_place_back() {
    let server = Server::with(|request| {
        if request == 0 {
            Reply::silence()
        } else {
            good()
        }
    })
    .await;
    let model = model(&server).in_flight(1).build().expect("a model");
    tokio::select! {
        outcome = ask(&model) => panic!("{outcome:?}"),
        () = server.has_seen(1) => {}
    }
    let reply = tokio::time::timeout(Duration::from_secs(5), ask(&model)).await;
    assert!(reply.expect("in time").is_ok());
    // The server notices as well: nothing is left open.
    let quiet = async {
        while server.now() > 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), quiet)
        .await
        .expect("closed");
}

#[tokio::test]
async fn a_pause_does_not_hold_a_place() {
    let slow = Reply::of(
        429,
        &[("retry-after-ms", "1500")],
        "text/plain",
        "slow down",
    );
    let server = Server::start([slow, good(), good()]).await;
    let model = model(&server).in_flight(1).build().expect("a model");
    let first = async {
        assert_eq!(ask(&model).await.expect("an answer").attempts, 2);
        Instant::now()
    };
    let second = async {
        server.has_seen(1).await;
        assert_eq!(ask(&model).await.expect("an answer").attempts, 1);
        Instant::now()
    };
    let (first, second) = tokio::join!(first, second);
    assert!(second < first);
}

#[tokio::test]
async fn sizes_have_limits() {
    // An event without an end.
    let piece = vec![b'x'; 1 << 20];
    let endless = (0..6).fold(Reply::stream().raw(b"data: "), |reply, _| reply.raw(&piece));
    let server = Server::start([endless.done()]).await;
    let asked = model(&server).max_attempts(1).build().expect("a model");
    let error = asked.respond(&request(), &Deltas::to(|_| {})).await;
    assert!(
        matches!(error, Err(ModelError::Malformed { .. })),
        "{error:?}"
    );

    // An error without an end: its beginning is enough.
    let long = format!(
        "{{\"error\": {{\"message\": \"{}\"}}}}",
        "word ".repeat(100_000)
    );
    let server = Server::start([Reply::of(400, &[], "application/json", &long)]).await;
    let error = ask(&model(&server).build().expect("a model"))
        .await
        .expect_err("an error");
    assert!(error.to_string().len() < 3_000);
}

#[tokio::test]
async fn a_key_is_taken_to_no_other_host() {
    let other = Server::start([good()]).await;
    let to = other.url("/v1/chat/completions");
    let server = Server::start([
        Reply::of(307, &[("location", &to)], "text/plain", ""),
        Reply::of(307, &[("location", "/elsewhere")], "text/plain", ""),
        good(),
    ])
    .await;
    let model = model(&server).build().expect("a model");
    let error = ask(&model).await.expect_err("an error").to_string();
    assert!(
        error.contains("307") && error.contains("no other host"),
        "{error}"
    );
    assert!(other.seen().is_empty());
    // Within a host it may go elsewhere.
    assert!(ask(&model).await.is_ok());
    assert_eq!(server.seen()[2].line, "POST /elsewhere HTTP/1.1");
    assert_eq!(server.seen()[2].body, server.seen()[1].body);
}
