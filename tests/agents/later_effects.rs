//! Effects that are asked for again: by the model, by the next attempt, by a task left behind.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use agno::{
    Agent, Message, Tool, ToolContext,
    model::{ModelRequest, Reply, Scripted},
    prelude::*,
};
use serde_json::json;

use super::{
    counting::{Counting, Word, asks, by_answers},
    kit,
};

/// A clerk that sends a mail, again if it is told that it failed.
fn clerk(mail: Tool, arguments: impl Fn(u32) -> &'static str + Send + Sync + 'static) -> Agent {
    let asked = AtomicU32::new(0);
    let model = Scripted::answering(move |request: &ModelRequest, _| {
        let sent = request.messages.iter().rev().find_map(|m| match m {
            Message::Tool { text, is_error, .. } => Some((text.clone(), *is_error)),
            _ => None,
        });
        match sent {
            Some((text, false)) => Reply::text(text),
            Some((text, true)) if text.contains("give up") => Reply::text("failed"),
            _ => {
                let arguments = arguments(asked.fetch_add(1, Ordering::SeqCst));
                Reply::tool("send_mail", json!(arguments))
            }
        }
    });
    Agent::builder("Clerk")
        .model(model)
        .tool(mail.not_idempotent())
        .build()
        .expect("fits")
}

fn mail(
    sent: &Arc<AtomicU32>,
    answer: impl Fn(u32) -> Result<(), Error> + Clone + Send + Sync + 'static,
) -> Tool {
    let sent = sent.clone();
    Tool::new(
        "send_mail",
        "Sends a mail.",
        move |_: Word, _: ToolContext| {
            let (sent, answer) = (sent.clone(), answer.clone());
            async move {
                let calls = sent.load(Ordering::SeqCst);
                answer(calls)?;
                sent.fetch_add(1, Ordering::SeqCst);
                Ok::<_, Error>("sent")
            }
        },
    )
}

/// Asks the clerk, and then fails while `fails` says so.
fn sending(clerk: &Agent, fails: impl Fn() -> bool + Send + Sync + 'static) -> Counting {
    let (clerk, fails) = (clerk.clone(), Arc::new(fails));
    asks(move |context, _| {
        let (clerk, fails) = (clerk.clone(), fails.clone());
        Box::pin(async move {
            let said = clerk.run("Send it.").context(context).await?;
            ensure!(!fails(), "the step fails after the mail is out");
            Ok(said)
        })
    })
}

#[tokio::test]
async fn an_effect_that_worked_at_the_second_call_is_not_done_again_in_the_next_attempt() {
    let sent = Arc::new(AtomicU32::new(0));
    let refused = Arc::new(AtomicU32::new(0));
    let refusing = move |_| match refused.fetch_add(1, Ordering::SeqCst) {
        0 => Err(Error::new("smtp", "the server is busy")),
        _ => Ok(()),
    };
    let clerk = clerk(mail(&sent, refusing), |_| r#"{"word":"x"}"#);
    let fails = AtomicU32::new(0);
    let workflow = sending(&clerk, move || fails.fetch_add(1, Ordering::SeqCst) == 0);
    let outcome = kit::run(&kit::store(), workflow, ()).await;
    assert!(outcome.error.is_none(), "{:?}", outcome.error);
    assert_eq!(sent.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn arguments_written_in_another_way_are_the_same_effect() {
    let sent = Arc::new(AtomicU32::new(0));
    let clerk = clerk(mail(&sent, |_| Ok(())), |asked| match asked {
        0 => r#"{"word": "x"}"#,
        _ => "{ \"word\" :\n\"\\u0078\" }",
    });
    let fails = AtomicU32::new(0);
    let workflow = sending(&clerk, move || fails.fetch_add(1, Ordering::SeqCst) == 0);
    let outcome = kit::run(&kit::store(), workflow, ()).await;
    assert!(outcome.error.is_none(), "{:?}", outcome.error);
    assert_eq!(sent.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_resumed_failure_calls_an_effect_that_failed_by_itself_again() {
    let sent = Arc::new(AtomicU32::new(0));
    let up = Arc::new(AtomicBool::new(false));
    let server = up.clone();
    let answering = move |_| match server.load(Ordering::SeqCst) {
        false => Err(Error::new("smtp", "down: give up")),
        true => Ok(()),
    };
    let clerk = clerk(mail(&sent, answering), |_| r#"{"word":"x"}"#);
    let down = up.clone();
    let fails = Arc::new(move || !down.load(Ordering::SeqCst));
    let workflow = || {
        let fails = fails.clone();
        sending(&clerk, move || fails())
    };
    let storage = kit::store();
    let outcome = kit::run(&storage, workflow(), ()).await;
    assert!(outcome.error.is_some());
    up.store(true, Ordering::SeqCst);
    let outcome = kit::resume(&storage, workflow()).await;
    let output: String = outcome.output.expect("completes").decode().expect("a text");
    assert_eq!(output, "sent 0 ");
    assert_eq!(sent.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_effect_out_of_time_is_not_told_to_a_model_that_works_alone() {
    let hanging = Tool::new(
        "send_mail",
        "Sends a mail.",
        |_: Word, _: ToolContext| async {
            std::future::pending::<()>().await;
            Ok::<_, Error>("never")
        },
    );
    let clerk = clerk(
        hanging.timeout(Duration::from_millis(5)),
        |_| r#"{"word":"x"}"#,
    );
    let error = clerk.run("Send it.").await.expect_err("it is not known");
    assert_eq!(error.code(), "may_have_run");
}

#[workflow]
struct Outliving {
    sent: Arc<AtomicU32>,
}

#[workflow]
impl Outliving {
    #[step(timeout = "30ms")]
    async fn work(&self, context: &StepContext) -> Result<String> {
        let sent = self.sent.clone();
        let mail = Tool::new(
            "send_mail",
            "Sends a mail.",
            move |_: Word, _: ToolContext| {
                let sent = sent.clone();
                async move {
                    sent.fetch_add(1, Ordering::SeqCst);
                    Ok::<_, Error>("sent")
                }
            },
        );
        let model = by_answers(|answers| match answers {
            0 => Reply::tool("send_mail", json!({ "word": "x" })).after(Duration::from_millis(60)),
            _ => Reply::text("sent"),
        });
        let agent = Agent::builder("A").tool(mail.not_idempotent()).model(model);
        let (agent, context) = (agent.build()?, context.clone());
        let task = tokio::spawn(async move { agent.run("go").context(&context).await });
        task.await
            .map_err(|error| Error::new("task", error.to_string()))?
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<String> {
        let done = flow.work().await;
        // Long enough for what was left behind to go on.
        flow.sleep(Duration::from_millis(100)).await?;
        done
    }
}

#[tokio::test]
async fn a_task_that_outlives_its_attempt_begins_no_effect() {
    let sent = Arc::new(AtomicU32::new(0));
    let storage = kit::store();
    let workflow = Outliving { sent: sent.clone() };
    let outcome = kit::run(&storage, workflow, ()).await;
    assert_eq!(kit::failure(&outcome).0, "timeout");
    assert_eq!(sent.load(Ordering::SeqCst), 0);
    let memos = kit::journal(&storage).await;
    assert!(
        memos
            .iter()
            .all(|entry| entry.kind != agno::EntryKind::Memo)
    );
}
