//! Keys and answers show nowhere: not in what is traced, in errors, in `Debug` output or settings.
//!
//! A test alone in its process: what is traced is decided for all threads of one.

#![cfg(feature = "openai")]

mod hostile;

use std::{
    fmt::Write,
    sync::{Arc, Mutex},
};

use agno_agents::{
    Message, Model, ModelRequest,
    model::{Deltas, OpenAi},
};
use hostile::{Reply, Server};
use serde_json::json;

const KEY: &str = "sk-very-secret-0123456789";

/// Everything that is traced, as text.
#[derive(Clone, Default)]
struct Traced(Arc<Mutex<String>>);

impl tracing::Subscriber for Traced {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        span.record(&mut Fields(&self.0));
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, values: &tracing::span::Record<'_>) {
        values.record(&mut Fields(&self.0));
    }
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut Fields(&self.0));
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

struct Fields<'a>(&'a Mutex<String>);

impl tracing::field::Visit for Fields<'_> {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        let mut text = self.0.lock().expect("no panic");
        writeln!(text, "{field}={value:?}").expect("a string");
    }
}

#[tokio::test]
async fn secrets_and_answers_show_nowhere() {
    let traced = Traced::default();
    let _traced = tracing::subscriber::set_default(traced.clone());
    let told = |code, text: &str| Reply::of(code, &[("retry-after-ms", "1")], "text/plain", text);
    let echo = format!("bad key {KEY}, bad header token-abcdefgh, bad login bWU6aHVudGVyMjIyMg==");
    let broken = "{\"choices\": [{\"message\": {\"content\": \"private words\"}, 7";
    let server = Server::start([
        told(500, &echo),
        Reply::of(200, &[], "application/json", broken),
        Reply::error(401, &json!({"error": {"message": echo, "code": KEY}})),
    ])
    .await;
    let url = server
        .url("/v1")
        .replace("http://", "http://me:hunter2222@");
    let builder = OpenAi::builder("m")
        .base_url(url)
        .key(KEY)
        .header("x-token", "token-abcdefgh");
    let shown = format!("{builder:?}");
    let model = builder.build().expect("a model");
    let request = ModelRequest {
        messages: vec![Message::user("Say it.")],
        ..ModelRequest::default()
    };
    let asked = model.respond(&request, &Deltas::none()).await;
    let error = asked.expect_err("an error");
    assert_eq!(server.seen().len(), 3);
    assert_eq!(
        server.seen()[0].header("authorization"),
        Some(&*format!("Bearer {KEY}"))
    );
    let shown = format!("{shown} {model:?} {:?} {error} {error:?}", model.settings());
    let traced = traced.0.lock().expect("no panic").clone();
    assert!(traced.contains("the request is repeated"), "{traced}");
    for secret in [
        KEY,
        "token-abcdefgh",
        "hunter2222",
        "bWU6aHVudGVyMjIyMg",
        "private words",
    ] {
        assert!(!shown.contains(secret), "{shown}");
        assert!(!traced.contains(secret), "{traced}");
    }
    assert!(
        shown.contains("bad key [key], bad header [key], bad login [key]"),
        "{shown}"
    );
    let base = server.url("/v1");
    assert_eq!(
        model.settings(),
        json!({
            "provider": "openai_compatible", "model": "m", "base_url": base, "interface": "chat",
        })
    );
}
