//! R22: what may have run is settled by a person, and only that.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use agno::{
    Agent, ErrorKind, Json, Message, Resolution, RunStatus, Runtime, Storage, Tool,
    model::{ModelRequest, Reply, Scripted},
    prelude::*,
};
use serde_json::json;

use super::{
    kit::{self, Ran},
    workflow::json,
};

#[workflow]
struct Paying {
    ran: Ran,
    /// Goes on without the payment.
    forgives: bool,
}

#[workflow]
impl Paying {
    #[step(at_most_once)]
    async fn pay(&self, cents: u32) -> Result<u32> {
        if self.ran.hit("pay") == 1 {
            std::future::pending::<()>().await;
        }
        Ok(cents)
    }

    #[step]
    async fn thank(&self, cents: u32) -> Result<String> {
        Ok(format!("paid {cents}"))
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<String> {
        match flow.parallel((flow.pay(5),)).await {
            Ok((cents,)) => flow.thank(cents).await,
            Err(_) if flow.workflow().forgives => flow.thank(0).await,
            Err(error) => Err(error),
        }
    }
}

/// A run that died while it paid.
async fn died_paying(forgives: bool) -> (Arc<dyn Storage>, Runtime, Ran) {
    let (storage, ran) = (kit::store(), Ran::default());
    let new = || Paying {
        ran: ran.clone(),
        forgives,
    };
    let crashed = kit::crash_after(&storage, 1, new(), ()).await;
    assert!(crashed, "its beginning is its first commit");
    ran.hit("pay");
    let runtime = kit::runtime(&storage, new()).await;
    (storage, runtime, ran)
}

/// The same, taken up again: it has failed, and says why.
async fn failed_paying(forgives: bool) -> (Arc<dyn Storage>, Runtime, Ran) {
    let (storage, runtime, ran) = died_paying(forgives).await;
    let outcome = resumed(&runtime).await;
    if !forgives {
        assert_eq!(kit::failure(&outcome).0, "may_have_run");
    }
    (storage, runtime, ran)
}

async fn resumed(runtime: &Runtime) -> agno::Outcome {
    let run = runtime.resume(&kit::id()).await.expect("resumes");
    run.outcome().await
}

fn text(outcome: &agno::Outcome) -> String {
    let output = outcome.output.as_ref();
    let output = output.unwrap_or_else(|| panic!("{:?}", outcome.error));
    output.decode().expect("a text")
}

async fn conflict(runtime: &Runtime, step: &str, part: &str) {
    let resolved = runtime.resolve(&kit::id(), step, Resolution::Retry).await;
    let error = resolved.expect_err("it is known what came of it");
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert!(error.message().contains(part), "{error}");
}

#[tokio::test]
async fn replay_r22_an_output_takes_the_place_of_the_step() {
    let (storage, runtime, ran) = failed_paying(false).await;
    let wrong = Resolution::Output(json(&json!("much")));
    let error = runtime.resolve(&kit::id(), "pay", wrong).await;
    assert_eq!(
        error.expect_err("no number").kind(),
        ErrorKind::InvalidInput
    );
    let right = Resolution::Output(json(&json!(4)));
    runtime
        .resolve(&kit::id(), "pay", right)
        .await
        .expect("resolves");
    let record = storage.run(&kit::id()).await.expect("reads");
    assert_eq!(record.expect("is there").status, RunStatus::Paused);
    let before = ran.count("pay");
    assert_eq!(text(&resumed(&runtime).await), "paid 4");
    assert_eq!(ran.count("pay"), before, "it did not run");
    conflict(&runtime, "pay", "is completed").await;
}

#[tokio::test]
async fn replay_r22_it_is_tried_again_when_a_person_says_so() {
    let (_, runtime, ran) = failed_paying(false).await;
    let before = ran.count("pay");
    let retry = Resolution::Retry;
    runtime
        .resolve(&kit::id(), "pay#0", retry)
        .await
        .expect("resolves");
    assert_eq!(text(&resumed(&runtime).await), "paid 5");
    assert_eq!(ran.count("pay"), before + 1);

    // Without a resume in between as well: its beginning is all that is recorded.
    let (_, runtime, ran) = died_paying(false).await;
    let before = ran.count("pay");
    let retry = Resolution::Retry;
    runtime
        .resolve(&kit::id(), "pay", retry)
        .await
        .expect("resolves");
    assert_eq!(text(&resumed(&runtime).await), "paid 5");
    assert_eq!(ran.count("pay"), before + 1);
}

#[tokio::test]
async fn replay_r22_a_failure_is_the_flows_to_see() {
    let (_, runtime, ran) = failed_paying(false).await;
    let before = ran.count("pay");
    runtime
        .resolve(&kit::id(), "pay", Resolution::Failed)
        .await
        .expect("resolves");
    let outcome = resumed(&runtime).await;
    let (code, message) = kit::failure(&outcome);
    assert_eq!((outcome.status, code), (RunStatus::Failed, "step_failed"));
    assert!(message.contains("a person looked"), "{message}");
    assert_eq!(ran.count("pay"), before);
    conflict(&runtime, "pay", "nothing of run `r`").await;
}

#[tokio::test]
async fn what_the_flow_went_on_from_is_not_changed_any_more() {
    let (_, runtime, _) = failed_paying(true).await;
    conflict(&runtime, "pay", "is completed").await;
    let (_, runtime, _) = died_paying(false).await;
    conflict(&runtime, "thank", "What may have run: `pay#0`").await;
    let unknown = agno::RunId::new("nobody").expect("legal");
    let error = runtime.resolve(&unknown, "pay", Resolution::Retry).await;
    assert_eq!(error.expect_err("no such run").kind(), ErrorKind::NotFound);
}

#[data]
struct Mail {
    /// Who gets it.
    to: String,
}

#[workflow]
struct Sending {
    clerk: Agent,
}

#[workflow]
impl Sending {
    #[step]
    async fn send(&self) -> Result<String> {
        self.clerk.run("Send it.").await
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<String> {
        flow.send().await
    }
}

/// Sends a mail to each, all in one turn, and says what came of it.
fn model(to: &'static [&'static str]) -> Scripted {
    Scripted::answering(move |request: &ModelRequest, _| {
        let answers: Vec<String> = request
            .messages
            .iter()
            .filter_map(|message| match message {
                Message::Tool { text, .. } => Some(text.clone()),
                _ => None,
            })
            .collect();
        if answers.is_empty() {
            let calls = to.iter().map(|to| ("send_mail", json!({ "to": to })));
            return Reply::tools(calls);
        }
        Reply::text(answers.join("; "))
    })
}

/// How often mail was sent. The first time the process ends in the middle of all of them.
fn sending(sent: &Arc<AtomicU32>, to: &'static [&'static str], dies: bool) -> Sending {
    let sent = sent.clone();
    let tool = Tool::new("send_mail", "Sends a mail.", move |mail: Mail, _| {
        let sent = sent.clone();
        async move {
            sent.fetch_add(1, Ordering::SeqCst);
            if dies {
                std::future::pending::<()>().await;
            }
            Ok::<_, Error>(format!("sent to {}", mail.to))
        }
    });
    Sending {
        clerk: Agent::builder("Clerk")
            .model(model(to))
            .tool(tool.not_idempotent())
            .build()
            .expect("the agent fits together"),
    }
}

/// A run whose process ended while it sent these mails.
async fn died_sending(to: &'static [&'static str]) -> (Arc<dyn Storage>, Runtime, Arc<AtomicU32>) {
    let (storage, sent) = (kit::store(), Arc::new(AtomicU32::new(0)));
    let runtime = kit::runtime(&storage, sending(&sent, to, true)).await;
    let run = runtime.start::<Sending>(()).run_id("r").await;
    let run = run.expect("starts");
    while sent.load(Ordering::SeqCst) < u32::try_from(to.len()).expect("few") {
        tokio::task::yield_now().await;
    }
    // Its world ends: nothing more of it is recorded.
    let mut takes_over = agno::storage::Commit::new(kit::id(), 1);
    takes_over.claim = true;
    storage.commit(takes_over).await.expect("is taken over");
    run.cancel();
    run.outcome().await;
    let runtime = kit::runtime(&storage, sending(&sent, to, false)).await;
    (storage, runtime, sent)
}

#[tokio::test]
async fn replay_r22_a_tools_answer_is_given() {
    for resumes in [false, true] {
        let (_, runtime, sent) = died_sending(&["ada"]).await;
        if resumes {
            let outcome = resumed(&runtime).await;
            assert_eq!(kit::failure(&outcome).0, "may_have_run");
        }
        let answer = Resolution::Output(json(&json!("it was sent")));
        runtime
            .resolve(&kit::id(), "send", answer)
            .await
            .expect("one tool needs no name");
        assert_eq!(text(&resumed(&runtime).await), "it was sent");
        assert_eq!(sent.load(Ordering::SeqCst), 1, "it is not sent again");
    }
}

#[tokio::test]
async fn replay_r22_a_tool_is_called_again_or_has_failed() {
    let (_, runtime, sent) = died_sending(&["ada"]).await;
    resumed(&runtime).await;
    runtime
        .resolve(&kit::id(), "send/send_mail", Resolution::Retry)
        .await
        .expect("resolves");
    assert_eq!(text(&resumed(&runtime).await), "sent to ada");
    assert_eq!(sent.load(Ordering::SeqCst), 2);

    let (_, runtime, sent) = died_sending(&["ada"]).await;
    resumed(&runtime).await;
    runtime
        .resolve(&kit::id(), "send#0/send_mail", Resolution::Failed)
        .await
        .expect("resolves");
    let said = text(&resumed(&runtime).await);
    assert!(
        said.contains("a person looked"),
        "the model is told: {said}"
    );
    assert_eq!(sent.load(Ordering::SeqCst), 1);
    conflict(&runtime, "send", "is completed").await;
}

#[tokio::test]
async fn replay_r22_of_several_tools_each_is_named() {
    let (_, runtime, sent) = died_sending(&["ada", "bob"]).await;
    let error = runtime
        .resolve(&kit::id(), "send", Resolution::Retry)
        .await
        .expect_err("two are meant");
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let mut named = error.message().split('`');
    let names: Vec<String> = named
        .by_ref()
        .filter(|part| part.contains(".send_mail."))
        .map(str::to_owned)
        .collect();
    assert_eq!(names.len(), 2, "{error}");
    for name in names {
        let answer = Resolution::Output(Json::parse(r#"{"ok":true}"#).expect("json"));
        runtime
            .resolve(&kit::id(), &name, answer)
            .await
            .expect("resolves");
    }
    assert_eq!(
        text(&resumed(&runtime).await),
        r#"{"ok":true}; {"ok":true}"#
    );
    assert_eq!(sent.load(Ordering::SeqCst), 2);
}
