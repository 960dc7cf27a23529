//! The desk at which the tests sit: what is asked, and how long they wait for it.

use std::time::Duration;

use agno::{
    Answer, Decision, Request, RequestQuery, RunQuery, RunRecord, RunStatus, Runtime, Workflow,
};

use crate::kit::id;

/// How long anything may take before a test gives up on it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) async fn open(runtime: &Runtime) -> Vec<Request> {
    let open = runtime.requests(RequestQuery::default()).await;
    open.expect("an inbox")
}

/// The open request with this message.
pub(crate) async fn asked(runtime: &Runtime, message: &str) -> Request {
    let open = open(runtime).await;
    let found = open.iter().find(|request| &*request.message == message);
    found
        .unwrap_or_else(|| panic!("`{message}` is not among {open:?}"))
        .clone()
}

pub(crate) fn yes() -> Answer {
    Answer::new(Decision::Approve)
}

/// Waits until the condition holds.
pub(crate) async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    let holds = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let in_time = tokio::time::timeout(PATIENCE, holds).await;
    in_time.unwrap_or_else(|_| panic!("never: {what}"));
}

/// Waits until so many requests are open.
pub(crate) async fn until_asked(runtime: &Runtime, count: usize) {
    until("asked", async || open(runtime).await.len() == count).await;
}

pub(crate) async fn record(runtime: &Runtime) -> RunRecord {
    runtime.inspect(&id()).await.expect("a run").record
}

/// Waits until `r` has this status.
pub(crate) async fn until_status(runtime: &Runtime, wanted: RunStatus) {
    let reached = async || record(runtime).await.status == wanted;
    until(&format!("{wanted}"), reached).await;
}

/// The runs that `r` called.
pub(crate) async fn nested(runtime: &Runtime) -> Vec<RunRecord> {
    let query = RunQuery {
        parent: Some(id()),
        ..RunQuery::default()
    };
    runtime.runs(query).await.expect("the runs")
}

/// Waits until nothing that `r` called is alive or asks anything.
pub(crate) async fn until_nested_is_over(runtime: &Runtime) {
    let over = async || {
        let over = nested(runtime).await.iter().all(|run| run.status.is_over());
        over && open(runtime).await.is_empty()
    };
    until("the called runs are over", over).await;
}

/// Starts `r`, and is there when it stops.
pub(crate) async fn stopped<W: Workflow<Input = ()>>(runtime: &Runtime) -> RunStatus {
    let run = runtime.start::<W>(()).run_id("r").await.expect("starts");
    run.outcome().await.status
}

/// Resumes `r`, and is there when it stops.
pub(crate) async fn resumed(runtime: &Runtime) -> agno::Outcome {
    let run = runtime.resume(&id()).await.expect("resumes");
    run.outcome().await
}

/// Works until nothing is left to do.
pub(crate) async fn work(runtime: &Runtime) {
    let idle = runtime
        .worker()
        .until_idle(true)
        .run(std::future::pending());
    let worked = tokio::time::timeout(PATIENCE, idle).await;
    worked.expect("becomes idle").expect("works");
}
