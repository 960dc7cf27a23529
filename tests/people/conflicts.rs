//! Answers that come second, or too late.

use std::{sync::Arc, time::Duration};

use agno::{
    Answer, Decision, RequestQuery, RunStatus, Storage, prelude::*, storage::MemoryStorage,
};

use crate::kit::runtime;

#[workflow]
struct Twice;

#[workflow]
impl Twice {
    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<bool> {
        flow.confirm("First?").await?;
        flow.confirm("Second?")
            .timeout(Duration::from_millis(1))
            .await
    }
}

async fn first(runtime: &agno::Runtime) -> agno::Request {
    let open = runtime
        .requests(RequestQuery::default())
        .await
        .expect("an inbox");
    open.into_iter().next().expect("something is asked")
}

#[tokio::test]
async fn the_second_answer_is_a_conflict_that_names_the_first() {
    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
    let runtime = runtime(&storage, Twice).await;
    let run = runtime
        .start::<Twice>(())
        .run_id("r")
        .await
        .expect("starts");
    run.outcome().await;
    let asked = first(&runtime).await;
    let yes = Answer::new(Decision::Approve).by("anna");
    runtime.answer(&asked.id, yes).await.expect("answered");
    let error = runtime
        .answer(&asked.id, Answer::new(Decision::Reject))
        .await
        .expect_err("the second");
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let text = error.to_string();
    assert!(
        text.contains("anna") && text.contains("`approve`"),
        "{text}"
    );
}

#[tokio::test]
async fn of_many_answers_at_once_one_counts() {
    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
    let runtime = runtime(&storage, Twice).await;
    let run = runtime
        .start::<Twice>(())
        .run_id("r")
        .await
        .expect("starts");
    run.outcome().await;
    let asked = first(&runtime).await;
    let answers = (0..16).map(|_| runtime.answer(&asked.id, Answer::new(Decision::Approve)));
    let answers = futures_util::future::join_all(answers).await;
    let taken = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(taken, 1);
    for refused in answers.into_iter().filter_map(Result::err) {
        assert_eq!(refused.kind(), ErrorKind::Conflict, "{refused}");
    }
}

#[tokio::test]
async fn an_answer_after_the_time_is_a_conflict_and_an_unknown_request_is_not_found() {
    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
    let runtime = runtime(&storage, Twice).await;
    let run = runtime
        .start::<Twice>(())
        .run_id("r")
        .await
        .expect("starts");
    run.outcome().await;
    let asked = first(&runtime).await;
    let run = runtime
        .answer(&asked.id, Answer::new(Decision::Approve))
        .await
        .expect("answered");
    let outcome = run.outcome().await;
    assert_eq!(outcome.status, RunStatus::Failed);
    assert_eq!(&*outcome.error.expect("its time was over").code, "expired");
    let journal = storage.journal(run.id(), 0).await.expect("a journal");
    let late = journal
        .iter()
        .find(|entry| &*entry.path == "confirm#1")
        .expect("asked");
    let late: agno::Request = late
        .output
        .as_ref()
        .expect("a request")
        .decode()
        .expect("reads");
    let error = runtime
        .answer(&late.id, Answer::new(Decision::Approve))
        .await
        .expect_err("late");
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    for unknown in ["r:000000", "nobody:123456", "", "\u{1b}[31m", "r:"] {
        let error = runtime
            .answer(unknown, Answer::new(Decision::Approve))
            .await
            .expect_err("unknown");
        assert_eq!(error.kind(), ErrorKind::NotFound, "{unknown:?}: {error}");
        assert!(!error.to_string().contains('\u{1b}'));
    }
}
