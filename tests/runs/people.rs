//! Forks of runs that have asked people and called other workflows.

use std::sync::Arc;

use agno::{
    RunQuery, RunStatus, Runtime, Storage,
    prelude::*,
    storage::{Answer, Decision, RequestQuery},
};

use super::{
    kit::{self, Ran},
    workflow::{id, output},
};

#[workflow]
struct Inner {
    ran: Ran,
}

#[workflow]
impl Inner {
    #[step]
    async fn inside(&self) -> Result<u32> {
        self.ran.hit("inside");
        Ok(7)
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<u32> {
        flow.inside().await
    }
}

#[workflow]
struct Outer {
    ran: Ran,
}

#[workflow]
impl Outer {
    #[step]
    async fn publish(&self, n: u32) -> Result<String> {
        self.ran.hit("publish");
        Ok(format!("published {n}"))
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<String> {
        let n = flow.call::<Inner>(()).await?;
        ensure!(flow.confirm("Publish it?").await?, "not allowed");
        flow.publish(n).await
    }
}

async fn runtime(storage: &Arc<dyn Storage>, ran: &Ran) -> Runtime {
    let builder = Runtime::builder()
        .storage(storage.clone())
        .workflow(Outer { ran: ran.clone() })
        .workflow(Inner { ran: ran.clone() });
    builder.build().await.expect("they fit together")
}

/// The one question that is open.
async fn question(runtime: &Runtime) -> Arc<str> {
    let open = runtime.requests(RequestQuery::default()).await;
    let open = open.expect("reads");
    assert_eq!(open.len(), 1, "{open:?}");
    open[0].id.clone()
}

async fn approved(runtime: &Runtime) -> String {
    let id = question(runtime).await;
    let yes = Answer::new(Decision::Approve);
    output(runtime.answer(&id, yes).await.expect("answers")).await
}

#[tokio::test]
async fn answers_are_taken_over_and_questions_are_asked_again() {
    let (storage, ran) = (kit::store(), Ran::default());
    let first = runtime(&storage, &ran).await;
    let run = first.start::<Outer>(()).run_id("r").await.expect("starts");
    assert_eq!(run.outcome().await.status, RunStatus::Paused);

    // What is not answered is asked by the fork anew, and of the fork.
    let fork = first.fork(&kit::id()).from("confirm").run_id("early");
    let waits = fork.await.expect("forks").outcome().await;
    assert_eq!(waits.status, RunStatus::Paused);
    let query = RequestQuery {
        run: Some(kit::id()),
        ..RequestQuery::default()
    };
    let own = first.requests(query).await.expect("reads");
    assert_eq!(own.len(), 1, "the fork has not taken the question away");
    let yes = Answer::new(Decision::Approve);
    let run = first.answer(&own[0].id, yes).await.expect("answers");
    assert_eq!(output(run).await, "published 7");

    let export = first.export(&kit::id()).await.expect("reads");
    assert!(agno::export::html(&export).contains("waiting for people: "));

    // What is answered is not asked again, and what was called is not called again.
    assert_eq!((ran.count("inside"), ran.count("publish")), (1, 1));
    let fork = first.fork(&kit::id()).from("publish").run_id("late").await;
    assert_eq!(output(fork.expect("forks")).await, "published 7");
    assert_eq!((ran.count("inside"), ran.count("publish")), (1, 2));
    let called = RunQuery {
        parent: Some(id("late")),
        ..RunQuery::default()
    };
    assert!(first.runs(called).await.expect("reads").is_empty());
}

#[tokio::test]
async fn a_fork_ahead_of_a_call_calls_a_run_of_its_own() {
    let (storage, ran) = (kit::store(), Ran::default());
    let first = runtime(&storage, &ran).await;
    let run = first.start::<Outer>(()).run_id("r").await.expect("starts");
    run.outcome().await;
    assert_eq!(approved(&first).await, "published 7");
    let called = first.export(&kit::id()).await.expect("reads").called;
    assert_eq!(called.len(), 1);

    let from = called[0].record.parent.as_ref().expect("is called");
    let fork = first
        .fork(&kit::id())
        .from(&*from.path)
        .run_id("fork")
        .await;
    fork.expect("forks").outcome().await;
    assert_eq!(approved(&first).await, "published 7");
    assert_eq!(ran.count("inside"), 2);
    let again = first.export(&id("fork")).await.expect("reads").called;
    assert_eq!(again.len(), 1);
    assert_ne!(again[0].record.id, called[0].record.id);
}
