//! Processes that start, end or die, for W5 and W6.

use std::{fs, path::Path, sync::Arc};

use agno::{CrashAfter, RunQuery, RunStatus, Runtime};

use super::{FINISHED, Long, open, runtime, ten};

/// The most memory that this process has held, in MiB, where the system tells.
pub fn peak_mib() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024.0)
}

/// Opens the store and finishes one run: W5.
pub async fn first_run(store: &Path) -> Runtime {
    let runtime = runtime(open(store)).await;
    ten(&runtime).await;
    runtime
}

/// Begins the run of W6 and ends this process right after its last finished step's commit.
pub async fn die_in_a_long_run(store: &Path) {
    let dying = CrashAfter::new(open(store), FINISHED, || std::process::abort());
    let runtime = runtime(Arc::new(dying)).await;
    let run = runtime.start::<Long>(FINISHED + 1).await.expect("starts");
    let _ = run.await;
    panic!("the run came to its end");
}

/// Resumes the run that was interrupted and finishes its last step. Answers how many steps ran.
pub async fn resume_long_run(runtime: &Runtime) -> u32 {
    let query = RunQuery {
        workflow: Some("Long".into()),
        status: Some(RunStatus::Running),
        limit: Some(1),
        ..RunQuery::default()
    };
    let interrupted = runtime.runs(query).await.expect("the runs read");
    let interrupted = interrupted
        .first()
        .expect("an interrupted run: `w6prep` makes one");
    let run = runtime.resume(&interrupted.id).await.expect("resumes");
    let outcome = run.outcome().await;
    assert_eq!(outcome.status, RunStatus::Completed, "{:?}", outcome.error);
    assert_eq!(u64::from(outcome.steps_replayed), FINISHED);
    outcome.steps_run
}
