//! Answers that come at the same time, or while the run is about something else.

use std::{sync::Arc, time::Duration};

use agno::{RequestKind, RunStatus, Storage, prelude::*};

use crate::{
    desk::{asked, open, record, stopped, until_asked, until_status, work, yes},
    kit::{Ran, id, runtime, store},
    lagging::Lagging,
};

#[workflow]
struct Two;

#[workflow]
impl Two {
    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<bool> {
        let (left, right) = flow
            .parallel((flow.confirm("A"), flow.confirm("B")))
            .await?;
        Ok(left && right)
    }
}

#[tokio::test(start_paused = true)]
async fn of_two_answers_at_once_neither_is_lost() {
    let lagging = Arc::new(Lagging::default());
    let storage: Arc<dyn Storage> = lagging.clone();
    let runtime = runtime(&storage, Two).await;
    assert_eq!(stopped::<Two>(&runtime).await, RunStatus::Paused);
    let open = open(&runtime).await;
    lagging.read.set(100);
    let second = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        runtime.answer(&open[1].id, yes()).await
    };
    let (first, second) = tokio::join!(runtime.answer(&open[0].id, yes()), second);
    first.expect("the first");
    second.expect("the second");
    until_status(&runtime, RunStatus::Completed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_on_two_threads() {
    for _ in 0..50 {
        let runtime = runtime(&store(), Two).await;
        assert_eq!(stopped::<Two>(&runtime).await, RunStatus::Paused);
        let answers = open(&runtime).await.into_iter().map(|request| {
            let runtime = runtime.clone();
            tokio::spawn(async move { runtime.answer(&request.id, yes()).await.map(drop) })
        });
        let answers: Vec<_> = answers.collect();
        for answer in answers {
            answer.await.expect("no panic").expect("answered");
        }
        until_status(&runtime, RunStatus::Completed).await;
    }
}

#[workflow]
struct Beside;

#[workflow]
impl Beside {
    #[step]
    async fn slow(&self) -> Result<u64> {
        tokio::time::sleep(Duration::from_millis(300)).await;
        Ok(1)
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<bool> {
        let both = flow.parallel((flow.confirm("A"), flow.slow())).await?;
        Ok(both.0)
    }
}

#[tokio::test(start_paused = true)]
async fn a_detached_answer_to_a_run_under_way_is_not_lost() {
    let runtime = runtime(&store(), Beside).await;
    let start = runtime.start::<Beside>(()).run_id("r");
    let run = start.await.expect("starts");
    until_asked(&runtime, 1).await;
    let request = asked(&runtime, "A").await;
    let answered = runtime.answer_detached(&request.id, yes()).await;
    answered.expect("answered");
    run.outcome().await;
    work(&runtime).await;
    assert_eq!(record(&runtime).await.status, RunStatus::Completed);
}

#[workflow]
struct HelpAndAsk {
    ran: Ran,
}

#[workflow]
impl HelpAndAsk {
    #[step(on_error = "pause")]
    async fn helped(&self) -> Result<u64> {
        ensure!(self.ran.hit("helped") > 1, "broken");
        Ok(3)
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<u64> {
        let both = flow.parallel((flow.helped(), flow.confirm("A"))).await?;
        Ok(both.0)
    }
}

#[tokio::test(start_paused = true)]
async fn the_retry_of_a_resume_is_not_lost_beside_an_answer() {
    let lagging = Arc::new(Lagging::default());
    let storage: Arc<dyn Storage> = lagging.clone();
    let ran = Ran::default();
    let runtime = runtime(&storage, HelpAndAsk { ran: ran.clone() }).await;
    assert_eq!(stopped::<HelpAndAsk>(&runtime).await, RunStatus::Paused);
    let open_now = open(&runtime).await;
    let confirm = open_now
        .iter()
        .find(|request| request.kind == RequestKind::Confirm);
    let confirm = confirm.expect("a question");
    lagging.read.set(100);
    let resume = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        runtime.resume(&id()).await
    };
    let (answered, resumed) = tokio::join!(runtime.answer(&confirm.id, yes()), resume);
    answered.expect("answered");
    let outcome = resumed.expect("resumes").outcome().await;
    let left = open(&runtime).await;
    assert!(
        outcome.status == RunStatus::Completed || !left.is_empty(),
        "it is {} and asks nothing",
        outcome.status
    );
}
