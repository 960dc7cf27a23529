//! Tools that must not be called twice.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use agno::{
    Agent, Message, Tool, ToolContext,
    model::{ModelRequest, Reply, Scripted},
    prelude::*,
};
use serde_json::json;

use super::kit;

#[data]
struct Mail {
    /// Who gets it.
    to: String,
}

#[workflow]
struct Sending {
    clerk: Agent,
    /// Attempts of the step that fail after the agent is done.
    failures: u32,
}

#[workflow]
impl Sending {
    #[step(retry(max = 2, backoff = "1ms"))]
    async fn send(&self, context: &StepContext) -> Result<String> {
        let said = self.clerk.run("Send it.").context(context).await?;
        ensure!(
            context.attempt() > self.failures,
            "the step fails after the mail is out"
        );
        Ok(said)
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<String> {
        flow.send().await
    }
}

/// Sends one mail, and says so.
fn model() -> Scripted {
    Scripted::answering(|request: &ModelRequest, _| {
        let sent = request
            .messages
            .iter()
            .rev()
            .find_map(|message| match message {
                Message::Tool { text, .. } => Some(text.clone()),
                _ => None,
            });
        match sent {
            None => Reply::tool("send_mail", json!({ "to": "ada@example.com" })),
            Some(answer) => Reply::text(format!("done: {answer}")),
        }
    })
}

fn workflow(tool: Tool, failures: u32) -> Sending {
    Sending {
        clerk: Agent::builder("Clerk")
            .model(model())
            .tool(tool.not_idempotent())
            .build()
            .expect("the agent fits together"),
        failures,
    }
}

fn counting(sent: &Arc<AtomicU32>) -> Tool {
    let sent = sent.clone();
    Tool::new(
        "send_mail",
        "Sends a mail.",
        move |mail: Mail, context: ToolContext| {
            let sent = sent.clone();
            async move {
                let count = sent.fetch_add(1, Ordering::SeqCst) + 1;
                assert!(context.idempotency_key().contains("send_mail"));
                Ok::<_, Error>(format!("mail {count} to {}", mail.to))
            }
        },
    )
}

#[tokio::test]
async fn a_failed_attempt_does_not_forget_an_effect() {
    let sent = Arc::new(AtomicU32::new(0));
    let outcome = kit::run(&kit::store(), workflow(counting(&sent), 2), ()).await;
    let output: String = outcome.output.expect("completes").decode().expect("a text");
    assert_eq!(output, "done: mail 1 to ada@example.com");
    assert_eq!(sent.load(Ordering::SeqCst), 1, "three attempts, one mail");
}

#[tokio::test]
async fn a_resumed_failure_does_not_forget_an_effect() {
    let sent = Arc::new(AtomicU32::new(0));
    let storage = kit::store();
    let outcome = kit::run(&storage, workflow(counting(&sent), 3), ()).await;
    assert!(outcome.error.is_some());
    let outcome = kit::resume(&storage, workflow(counting(&sent), 0)).await;
    let output: String = outcome.output.expect("completes").decode().expect("a text");
    assert_eq!(output, "done: mail 1 to ada@example.com");
    assert_eq!(sent.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_crash_at_any_commit_sends_once_or_says_that_it_may_have() {
    let mut surfaced = 0;
    for commits in 1.. {
        let sent = Arc::new(AtomicU32::new(0));
        let storage = kit::store();
        if !kit::crash_after(&storage, commits, workflow(counting(&sent), 0), ()).await {
            break;
        }
        let outcome = kit::resume(&storage, workflow(counting(&sent), 0)).await;
        assert!(sent.load(Ordering::SeqCst) <= 1, "crash {commits}");
        if outcome.error.is_some() {
            let (code, message) = kit::failure(&outcome);
            assert_eq!(code, "may_have_run", "crash {commits}: {message}");
            assert!(message.contains("send_mail"), "{message}");
            surfaced += 1;
            // Resumed again, it still is not called.
            let again = kit::resume(&storage, workflow(counting(&sent), 0)).await;
            assert_eq!(kit::failure(&again).0, "may_have_run");
            assert!(sent.load(Ordering::SeqCst) <= 1, "crash {commits}");
        }
    }
    assert_eq!(
        surfaced, 1,
        "only between its beginning and its end is it not known"
    );
}

#[tokio::test]
async fn an_effect_that_runs_out_of_time_may_have_run() {
    let sent = Arc::new(AtomicU32::new(0));
    let hanging = {
        let sent = sent.clone();
        Tool::new(
            "send_mail",
            "Sends a mail.",
            move |_: Mail, _: ToolContext| {
                let sent = sent.clone();
                async move {
                    sent.fetch_add(1, Ordering::SeqCst);
                    std::future::pending::<()>().await;
                    Ok::<_, Error>("never")
                }
            },
        )
    };
    let workflow = workflow(hanging.timeout(Duration::from_millis(20)), 0);
    let outcome = kit::run(&kit::store(), workflow, ()).await;
    let (code, message) = kit::failure(&outcome);
    assert_eq!(code, "may_have_run", "{message}");
    assert_eq!(sent.load(Ordering::SeqCst), 1, "no attempt calls it again");
}

#[tokio::test]
async fn an_effect_that_failed_by_itself_is_tried_again_in_the_next_attempt() {
    let sent = Arc::new(AtomicU32::new(0));
    let failing_once = {
        let sent = sent.clone();
        Tool::new(
            "send_mail",
            "Sends a mail.",
            move |_: Mail, _: ToolContext| {
                let sent = sent.clone();
                async move {
                    match sent.fetch_add(1, Ordering::SeqCst) {
                        0 => Err(Error::new("smtp", "the server is busy")),
                        n => Ok(format!("mail {n}")),
                    }
                }
            },
        )
    };
    let outcome = kit::run(&kit::store(), workflow(failing_once, 1), ()).await;
    let output: String = outcome.output.expect("completes").decode().expect("a text");
    assert_eq!(output, "done: mail 1");
}
