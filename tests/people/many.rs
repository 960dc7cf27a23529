//! Ten thousand runs that wait.

use std::sync::Arc;

use agno::{
    Answer, Decision, RequestQuery, RunQuery, RunStatus, Storage, prelude::*,
    storage::MemoryStorage,
};

use crate::kit::runtime;

const RUNS: usize = 10_000;

#[workflow]
struct Waiting;

#[workflow]
impl Waiting {
    #[flow]
    async fn run(flow: &Flow<Self>, number: usize) -> Result<bool> {
        flow.confirm(format!("{number}?")).await
    }
}

/// Threads of this process, where the system tells.
fn threads() -> Option<usize> {
    std::fs::read_dir("/proc/self/task")
        .ok()
        .map(Iterator::count)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_runs_wait_without_memory_or_threads_and_one_answer_resumes_one() {
    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
    let runtime = runtime(&storage, Waiting).await;
    let before = threads();
    let mut ids = Vec::new();
    for number in 0..RUNS {
        let run = runtime.start::<Waiting>(number).await.expect("starts");
        assert_eq!(run.outcome().await.status, RunStatus::Paused);
        assert!(!runtime.is_active(run.id()));
        ids.push(run.id().clone());
    }
    assert_eq!(threads(), before);
    let open = runtime
        .requests(RequestQuery::default())
        .await
        .expect("an inbox");
    assert_eq!(open.len(), RUNS);
    let one = &open[RUNS / 2];
    let run = runtime
        .answer(&one.id, Answer::new(Decision::Approve))
        .await
        .expect("answered");
    assert_eq!(*run.id(), one.run);
    assert!(run.await.expect("completes").decode::<bool>().expect("yes"));
    let completed = runtime.runs(RunQuery {
        status: Some(RunStatus::Completed),
        ..RunQuery::default()
    });
    assert_eq!(completed.await.expect("runs").len(), 1);
    let paused = runtime.runs(RunQuery {
        status: Some(RunStatus::Paused),
        ..RunQuery::default()
    });
    assert_eq!(paused.await.expect("runs").len(), RUNS - 1);
}
