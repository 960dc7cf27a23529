//! An agent in a step records what it does there without being told so.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use agno::{
    Agent, Message, Tool, ToolContext,
    model::{ModelRequest, Reply, Scripted},
    prelude::*,
};
use serde_json::json;

use super::kit;

#[data]
struct Nothing {}

#[workflow]
struct Paying {
    clerk: Agent,
}

#[workflow]
impl Paying {
    #[step]
    async fn pay(&self) -> Result<String> {
        // Two at once: each finds its own records.
        let (one, two) = tokio::join!(self.clerk.run("one"), self.clerk.run("two"));
        Ok(format!("{} {}", one?, two?))
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<String> {
        flow.pay().await
    }
}

fn workflow(paid: &Arc<AtomicU32>, asked: &Arc<AtomicU32>) -> Paying {
    let (paid, asked) = (paid.clone(), asked.clone());
    let charge = Tool::new("charge", "Charges.", move |_: Nothing, _: ToolContext| {
        let paid = paid.clone();
        async move {
            paid.fetch_add(1, Ordering::SeqCst);
            Ok::<_, Error>("charged")
        }
    });
    let model = Scripted::answering(move |request: &ModelRequest, _| {
        asked.fetch_add(1, Ordering::SeqCst);
        let question = request.messages.iter().find_map(|message| match message {
            Message::User { text, .. } => Some(text.clone()),
            _ => None,
        });
        match request.messages.last() {
            Some(Message::Tool { .. }) => Reply::text(question.unwrap_or_default()),
            _ => Reply::tool("charge", json!({})),
        }
    });
    let builder = Agent::builder("Clerk").model(model);
    Paying {
        clerk: builder
            .tool(charge.not_idempotent())
            .build()
            .expect("the agent fits together"),
    }
}

#[tokio::test]
async fn a_forgotten_context_charges_nobody_twice() {
    let mut completed = 0;
    for commits in 1.. {
        let (paid, asked) = (Arc::default(), Arc::default());
        let storage = kit::store();
        if !kit::crash_after(&storage, commits, workflow(&paid, &asked), ()).await {
            break;
        }
        let outcome = kit::resume(&storage, workflow(&paid, &asked)).await;
        assert!(paid.load(Ordering::SeqCst) <= 2, "crash {commits}");
        match outcome.output {
            Some(output) => {
                completed += 1;
                let output: String = output.decode().expect("a text");
                assert_eq!(output, "one two", "crash {commits}");
                assert_eq!(paid.load(Ordering::SeqCst), 2, "crash {commits}");
                assert!(asked.load(Ordering::SeqCst) <= 6, "crash {commits}");
            }
            None => assert_eq!(kit::failure(&outcome).0, "may_have_run", "crash {commits}"),
        }
    }
    assert!(completed >= 3, "{completed} completed");
}
