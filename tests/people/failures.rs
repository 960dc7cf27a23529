//! Steps whose failures are brought before people.

use std::sync::Arc;

use agno::{
    Answer, Decision, Json, RequestKind, RequestQuery, RunStatus, Runtime, Source, Storage,
    prelude::*, storage::MemoryStorage,
};

use crate::kit::{Ran, runtime};

#[workflow]
struct Fragile {
    ran: Ran,
    works_from: u32,
}

#[workflow]
impl Fragile {
    #[step(on_error = "pause")]
    async fn work(&self, context: &StepContext) -> Result<String> {
        let times = self.ran.hit("work");
        ensure!(times >= self.works_from, "broken {times}");
        Ok(format!("attempt {}", context.attempt()))
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<String> {
        flow.work().await
    }
}

async fn paused(works_from: u32) -> (Runtime, agno::Request, Ran, Arc<dyn Storage>) {
    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
    let ran = Ran::default();
    let runtime = runtime(
        &storage,
        Fragile {
            ran: ran.clone(),
            works_from,
        },
    )
    .await;
    let run = runtime
        .start::<Fragile>(())
        .run_id("r")
        .await
        .expect("starts");
    let outcome = run.outcome().await;
    assert_eq!(outcome.status, RunStatus::Paused);
    assert!(
        outcome
            .error
            .expect("the failure")
            .message
            .contains("broken 1")
    );
    let mut open = runtime
        .requests(RequestQuery::default())
        .await
        .expect("an inbox");
    let asked = open.remove(0);
    assert_eq!(asked.kind, RequestKind::Failure);
    assert!(asked.message.contains("broken 1"), "{}", asked.message);
    (runtime, asked, ran, storage)
}

#[tokio::test]
async fn it_is_tried_again_as_often_as_a_person_says() {
    let (runtime, asked, ran, _) = paused(3).await;
    let run = runtime
        .answer(&asked.id, Answer::new(Decision::Retry))
        .await
        .expect("answered");
    assert_eq!(run.outcome().await.status, RunStatus::Paused);
    // Taking up a run that waits for help is: try again.
    let run = runtime.resume(run.id()).await.expect("resumes");
    let output: String = run.await.expect("completes").decode().expect("a text");
    assert_eq!(output, "attempt 3");
    assert_eq!(ran.count("work"), 3);
}

#[tokio::test]
async fn a_person_may_give_the_output() {
    let (runtime, asked, ran, storage) = paused(9).await;
    let wrong = runtime
        .answer(&asked.id, Answer::value(Json::parse("7").expect("JSON")))
        .await;
    assert_eq!(
        wrong.expect_err("a text is wanted").kind(),
        ErrorKind::InvalidInput
    );
    let given = Answer::value(Json::parse("\"by hand\"").expect("JSON"));
    let run = runtime.answer(&asked.id, given).await.expect("answered");
    assert_eq!(
        run.clone().await.expect("completes").as_str(),
        "\"by hand\""
    );
    assert_eq!(ran.count("work"), 1);
    let journal = storage.journal(run.id(), 0).await.expect("a journal");
    let step = journal
        .iter()
        .find(|entry| &*entry.path == "work#0")
        .expect("recorded");
    assert_eq!(step.source, Source::Given);
}

#[tokio::test]
async fn or_let_it_fail() {
    let (runtime, asked, _, _) = paused(9).await;
    let run = runtime
        .answer(&asked.id, Answer::new(Decision::Fail))
        .await
        .expect("answered");
    let outcome = run.outcome().await;
    assert_eq!(outcome.status, RunStatus::Failed);
    assert!(
        outcome
            .error
            .expect("its failure")
            .message
            .contains("broken 1")
    );
}
