//! Ten thousand runs that wait.

use std::sync::Arc;

use agno::{
    Answer, Decision, RequestQuery, RunQuery, RunStatus, Runtime, Storage, prelude::*,
    storage::SledStorage,
};
use futures_util::{StreamExt, stream};

use crate::kit::runtime;

const RUNS: usize = 10_000;

/// More than a store's own caches and buffers: a parked run that stayed in memory takes some tens of
/// kilobytes.
const FLAT: u64 = 64 * 1024 * 1024;

#[workflow]
struct Waiting;

#[workflow]
impl Waiting {
    #[flow]
    async fn run(flow: &Flow<Self>, number: usize) -> Result<bool> {
        flow.confirm(format!("{number}?")).await
    }
}

/// Threads of this process, and the bytes it has in memory, where the system tells.
fn uses() -> Option<(usize, u64)> {
    let threads = std::fs::read_dir("/proc/self/task").ok()?.count();
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let resident = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kilobytes: u64 = resident.split_whitespace().nth(1)?.parse().ok()?;
    Some((threads, kilobytes * 1024))
}

async fn park(runtime: &Runtime, numbers: std::ops::Range<usize>) {
    let parked = stream::iter(numbers).map(|number| async move {
        let run = runtime.start::<Waiting>(number).await.expect("starts");
        assert_eq!(run.outcome().await.status, RunStatus::Paused);
        assert!(!runtime.is_active(run.id()));
    });
    parked.buffer_unordered(64).collect::<Vec<()>>().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_runs_wait_without_memory_or_threads_and_one_answer_resumes_one() {
    let directory = tempfile::tempdir().expect("a directory");
    let storage: Arc<dyn Storage> = Arc::new(SledStorage::open(directory.path()).expect("opens"));
    let runtime = runtime(&storage, Waiting).await;
    park(&runtime, 0..RUNS / 4).await;
    let before = uses();
    park(&runtime, RUNS / 4..RUNS).await;
    if let (Some((threads, bytes)), Some((threads_now, bytes_now))) = (before, uses()) {
        println!("{threads} threads and {bytes} bytes, then {threads_now} and {bytes_now}");
        assert!(
            threads_now <= threads + 1,
            "{threads} threads, then {threads_now}"
        );
        assert!(bytes_now < bytes + FLAT, "{bytes} bytes, then {bytes_now}");
    }
    let query = RequestQuery::default;
    let open = runtime.requests(query()).await.expect("an inbox");
    assert_eq!(open.len(), RUNS);
    let one = &open[RUNS / 2];
    let yes = Answer::new(Decision::Approve);
    let run = runtime.answer(&one.id, yes).await.expect("answered");
    assert_eq!(*run.id(), one.run);
    assert!(run.await.expect("completes").decode::<bool>().expect("yes"));
    let counted = |status| {
        runtime.runs(RunQuery {
            status: Some(status),
            ..RunQuery::default()
        })
    };
    assert_eq!(counted(RunStatus::Completed).await.expect("runs").len(), 1);
    assert_eq!(
        counted(RunStatus::Paused).await.expect("runs").len(),
        RUNS - 1
    );
    assert_eq!(
        runtime.requests(query()).await.expect("an inbox").len(),
        RUNS - 1
    );
}
