//! A model's span lasts until the last piece of its answer, or until nobody waits for it.

use std::sync::Arc;

use agno_agents::{
    Agent, Capabilities, Model, ModelError, ModelReply, ModelRequest,
    agent::StreamItem,
    message::Assistant,
    model::{BoxFuture, Delta, Deltas},
};
use agno_core::AgentEvent;
use futures_util::StreamExt;
use tokio::sync::Semaphore;

use crate::capture::Capture;

/// Gives a piece of its answer, and the next when it is let.
#[derive(Debug)]
struct Halting(Arc<Semaphore>);

impl Model for Halting {
    fn name(&self) -> &str {
        "halting"
    }

    fn provider(&self) -> &str {
        "test"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    fn respond<'a>(
        &'a self,
        _: &'a ModelRequest,
        deltas: &'a Deltas,
    ) -> BoxFuture<'a, Result<ModelReply, ModelError>> {
        Box::pin(async move {
            for piece in ["one ", "two"] {
                let let_on = self.0.acquire().await.expect("open");
                let_on.forget();
                deltas.send(Delta::Text(piece));
            }
            let message = Assistant {
                text: "one two".to_owned(),
                ..Assistant::default()
            };
            Ok(ModelReply {
                message,
                ..ModelReply::default()
            })
        })
    }
}

fn agent(pieces: &Arc<Semaphore>) -> Agent {
    let model = Halting(Arc::clone(pieces));
    Agent::builder("Guide").model(model).build().expect("fits")
}

#[tokio::test]
async fn a_models_span_lasts_to_the_last_piece() {
    let (capture, _guard) = Capture::start();
    let pieces = Arc::new(Semaphore::new(1));
    let agent = agent(&pieces);
    let mut stream = agent.run("count").stream();
    let mut text = String::new();
    let mut reply = None;
    while let Some(item) = stream.next().await {
        match item.expect("no error") {
            StreamItem::Event {
                event: AgentEvent::Content { text: piece },
                ..
            } => {
                text.push_str(&piece);
                let chat = capture.span("chat halting");
                // What one poll makes is handed over piece by piece: the second is the last.
                if text == "one " {
                    assert!(!chat.closed, "a piece is missing");
                    pieces.add_permits(1);
                }
            }
            StreamItem::Reply(whole) => reply = Some(whole),
            _ => {}
        }
    }
    assert_eq!(text, "one two");
    assert_eq!(reply.expect("a reply").text, "one two");
    for name in ["chat halting", "invoke_agent Guide"] {
        let span = capture.span(name);
        assert!(
            span.closed && !span.fields.contains_key("error.type"),
            "{span:?}"
        );
    }
}

#[tokio::test]
async fn a_stream_that_is_dropped_ends_its_spans() {
    let (capture, _guard) = Capture::start();
    let pieces = Arc::new(Semaphore::new(1));
    let agent = agent(&pieces);
    let mut stream = agent.run("count").stream();
    loop {
        let item = stream.next().await.expect("more").expect("no error");
        if matches!(
            item,
            StreamItem::Event {
                event: AgentEvent::Content { .. },
                ..
            }
        ) {
            break;
        }
    }
    assert!(!capture.span("chat halting").closed);
    drop(stream);
    for name in ["chat halting", "invoke_agent Guide"] {
        let span = capture.span(name);
        assert!(span.closed, "{span:?}");
        assert_eq!(span.fields["error.type"], "cancelled");
        assert_eq!(span.fields["otel.status_code"], "error");
    }
    let durations = capture.events();
    let cancelled = durations.iter().filter(|event| {
        event
            .fields
            .get("error.type")
            .is_some_and(|code| code == "cancelled")
    });
    assert_eq!(cancelled.count(), 2);
}
