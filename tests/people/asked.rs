//! What a flow asks, and what it is answered.

use std::sync::Arc;

use agno::{
    Answer, Decision, Json, RequestKind, RequestQuery, RunStatus, Runtime, Storage, prelude::*,
    storage::MemoryStorage,
};

use crate::kit::runtime;

#[agno::data]
#[derive(PartialEq)]
struct Address {
    street: String,
    #[schemars(range(min = 1))]
    number: u32,
}

/// Who takes it.
#[agno::data]
#[derive(PartialEq, Copy)]
enum Route {
    /// The ones who sell.
    Sales,
    /// The ones who help.
    Support,
}

#[workflow]
struct Asks;

#[workflow]
impl Asks {
    #[step]
    async fn tell(&self, text: String) -> Result<String> {
        Ok(text)
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<Vec<String>> {
        let mut said = Vec::new();
        said.push(format!("{}", flow.confirm("Begin?").await?));
        let address: Address = flow.ask("Where to?").await?;
        said.push(format!("{} {}", address.street, address.number));
        said.push(format!("{:?}", flow.choose::<Route>("Which way?").await?));
        said.push(format!(
            "{:?}",
            flow.choose_several::<Route>("Who else?").await?
        ));
        let mut draft = flow.tell("one".into()).await?;
        loop {
            match flow.review(draft.clone()).message("Fit to print?").await? {
                Review::Approved(text) => said.push(format!("approved {text}")),
                Review::Edited(text) => {
                    said.push(format!("edited {text}"));
                    draft = text;
                    continue;
                }
                Review::Redo { feedback } => {
                    draft = flow.tell(feedback).await?;
                    continue;
                }
                Review::Rejected { feedback } => said.push(format!("rejected {feedback:?}")),
            }
            break;
        }
        Ok(said)
    }
}

fn json(text: &str) -> Json {
    Json::parse(text).expect("JSON")
}

async fn only(runtime: &Runtime) -> agno::Request {
    let mut open = runtime
        .requests(RequestQuery::default())
        .await
        .expect("an inbox");
    assert_eq!(open.len(), 1, "{open:?}");
    open.remove(0)
}

#[tokio::test]
async fn every_kind_of_question_has_its_answers() {
    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
    let runtime = runtime(&storage, Asks).await;
    let run = runtime.start::<Asks>(()).run_id("r").await.expect("starts");
    assert_eq!(run.outcome().await.status, RunStatus::Paused);

    let asked = only(&runtime).await;
    assert_eq!(
        (asked.kind, &*asked.path),
        (RequestKind::Confirm, "confirm#0")
    );
    runtime
        .answer(&asked.id, Answer::new(Decision::Reject))
        .await
        .expect("answered")
        .outcome()
        .await;

    let asked = only(&runtime).await;
    assert_eq!(
        (asked.kind, &*asked.message),
        (RequestKind::Input, "Where to?")
    );
    for wrong in [
        r#"{"street":"Elm"}"#,
        r#"{"street":"Elm","number":0}"#,
        r#"{"street":"Elm","number":1,"zip":2}"#,
    ] {
        let refused = runtime.answer(&asked.id, Answer::value(json(wrong))).await;
        let error = refused.expect_err("does not fit");
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        assert!(error.input_errors().is_some(), "{error}");
    }
    let refused = runtime
        .answer(&asked.id, Answer::new(Decision::Approve))
        .await;
    let error = refused.expect_err("no yes or no").to_string();
    assert!(error.contains("`value`"), "{error}");
    let right = Answer::value(json(r#"{"street":"Elm","number":7}"#));
    runtime
        .answer(&asked.id, right)
        .await
        .expect("answered")
        .outcome()
        .await;

    let asked = only(&runtime).await;
    let schema = asked.schema.as_ref().expect("a form").as_str().to_owned();
    assert!(schema.contains("The ones who sell."), "{schema}");
    let refused = runtime
        .answer(&asked.id, Answer::value(json("\"Nobody\"")))
        .await;
    assert_eq!(
        refused.expect_err("no such route").kind(),
        ErrorKind::InvalidInput
    );
    runtime
        .answer(&asked.id, Answer::value(json("\"Support\"")))
        .await
        .expect("answered")
        .outcome()
        .await;

    let asked = only(&runtime).await;
    let twice = Answer::value(json(r#"["Sales","Sales"]"#));
    runtime
        .answer(&asked.id, twice)
        .await
        .expect_err("each at most once");
    let both = Answer::value(json(r#"["Support","Sales"]"#));
    runtime
        .answer(&asked.id, both)
        .await
        .expect("answered")
        .outcome()
        .await;

    let asked = only(&runtime).await;
    assert_eq!(
        (asked.kind, asked.value.as_ref().map(Json::as_str)),
        (RequestKind::Review, Some("\"one\""))
    );
    runtime
        .answer(&asked.id, Answer::new(Decision::Redo))
        .await
        .expect_err("what is to be different");
    let redo = Answer::new(Decision::Redo).feedback("two");
    runtime
        .answer(&asked.id, redo)
        .await
        .expect("answered")
        .outcome()
        .await;
    let asked = only(&runtime).await;
    assert_eq!(asked.value.as_ref().map(Json::as_str), Some("\"two\""));
    runtime
        .answer(&asked.id, Answer::value(json("\"three\"")))
        .await
        .expect("edited")
        .outcome()
        .await;
    let asked = only(&runtime).await;
    let last = Answer::new(Decision::Approve);
    let run = runtime.answer(&asked.id, last).await.expect("approved");
    let output: Vec<String> = run.await.expect("completes").decode().expect("texts");
    assert_eq!(
        output,
        [
            "false",
            "Elm 7",
            "Support",
            "[Support, Sales]",
            "edited three",
            "approved three"
        ]
    );
}

#[tokio::test]
async fn waiting_is_no_running() {
    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
    let runtime = runtime(&storage, Asks).await;
    let run = runtime.start::<Asks>(()).run_id("r").await.expect("starts");
    let outcome = run.outcome().await;
    let error = outcome.error.expect("says what it waits for");
    assert_eq!(&*error.code, "paused");
    assert!(
        error.message.contains(&*only(&runtime).await.id),
        "{}",
        error.message
    );
    assert!(
        !runtime.is_active(run.id()),
        "a run that waits takes no memory"
    );
    let record = runtime.inspect(run.id()).await.expect("a run").record;
    assert_eq!(record.status, RunStatus::Paused);
    let before = record.active_micros;
    // Taken up again without an answer, it waits for the same request.
    let again = runtime
        .resume(run.id())
        .await
        .expect("resumes")
        .outcome()
        .await;
    assert_eq!(again.status, RunStatus::Paused);
    assert_eq!(
        runtime
            .requests(RequestQuery::default())
            .await
            .expect("an inbox")
            .len(),
        1
    );
    let record = runtime.inspect(run.id()).await.expect("a run").record;
    assert!(record.active_micros >= before);
}
