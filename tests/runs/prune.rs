//! `prune`: what is over and old goes, and nothing else.

use std::time::Duration;

use agno::{
    ErrorKind, Prune, RunQuery, RunRecord, RunStatus, Runtime,
    storage::{Commit, Parent, RunInput, RunUpdate},
};

use super::{kit, workflow::id};

const NOTHING: Prune = Prune {
    older_than: Duration::ZERO,
    statuses: Vec::new(),
    keep_last_per_session: None,
    dry_run: false,
};

/// A run that has ended so, called by another if one is named. Times are in microseconds.
async fn put(runtime: &Runtime, name: &str, status: RunStatus, created_at: u64, of: Option<&str>) {
    let mut head = RunRecord::new(id(name), "W".into(), "s".into(), created_at);
    head.parent = of.map(|of| {
        Box::new(Parent {
            run: id(of),
            root: id("caller"),
            path: "call#0".into(),
            depth: 1,
        })
    });
    let input = RunInput {
        input: agno::Json::null(),
        state: None,
    };
    let mut commit = Commit::new(id(name), head.fence);
    commit.create = Some(Box::new((head, input)));
    commit.update = Some(Box::new(RunUpdate::new(status, created_at)));
    runtime.storage().commit(commit).await.expect("is stored");
}

async fn left(runtime: &Runtime) -> Vec<String> {
    let runs = runtime.runs(RunQuery::default()).await.expect("reads");
    let mut names: Vec<_> = runs.iter().map(|run| run.id.to_string()).collect();
    names.sort();
    names
}

async fn names(runtime: &Runtime, prune: Prune) -> Vec<String> {
    let removed = runtime.prune(prune).await.expect("prunes");
    removed.iter().map(|run| run.id.to_string()).collect()
}

async fn runtime() -> Runtime {
    let storage = kit::store();
    let runtime = Runtime::builder().storage(storage).build().await;
    runtime.expect("needs no workflow")
}

#[tokio::test]
async fn what_is_over_and_old_is_removed() {
    let runtime = runtime().await;
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("after 1970");
    let now = u64::try_from(now.as_micros()).expect("fits");
    put(&runtime, "old", RunStatus::Completed, 1, None).await;
    put(&runtime, "failed", RunStatus::Failed, 2, None).await;
    put(&runtime, "waits", RunStatus::Paused, 3, None).await;
    put(&runtime, "new", RunStatus::Completed, now, None).await;

    let dry = Prune {
        dry_run: true,
        ..Prune::default()
    };
    assert_eq!(names(&runtime, dry).await, ["failed", "old"]);
    assert_eq!(left(&runtime).await.len(), 4, "nothing was removed");

    let kept = Prune {
        keep_last_per_session: Some(3),
        ..Prune::default()
    };
    assert_eq!(names(&runtime, kept).await, ["old"]);
    let completed = Prune {
        statuses: vec![RunStatus::Completed],
        ..NOTHING
    };
    assert_eq!(names(&runtime, completed).await, ["new"]);
    assert_eq!(names(&runtime, Prune::default()).await, ["failed"]);
    assert_eq!(left(&runtime).await, ["waits"]);
}

#[tokio::test]
async fn called_runs_go_with_their_caller() {
    let runtime = runtime().await;
    put(&runtime, "caller", RunStatus::Completed, 1, None).await;
    put(&runtime, "called", RunStatus::Completed, 2, Some("caller")).await;
    put(&runtime, "inner", RunStatus::Failed, 3, Some("called")).await;
    let none_by_itself = Prune {
        statuses: vec![RunStatus::Failed],
        ..NOTHING
    };
    assert!(names(&runtime, none_by_itself).await.is_empty());
    let all = names(&runtime, Prune::default()).await;
    assert_eq!(all, ["caller", "called", "inner"]);
    assert!(left(&runtime).await.is_empty());
}

/// The caller goes first, or who resumes it meanwhile would make anew what it had called.
#[tokio::test]
async fn what_a_crash_left_of_a_removal_goes_with_the_next() {
    let runtime = runtime().await;
    put(&runtime, "caller", RunStatus::Failed, 1, None).await;
    put(&runtime, "called", RunStatus::Completed, 2, Some("caller")).await;
    put(&runtime, "inner", RunStatus::Completed, 3, Some("called")).await;
    let caller = id("caller");
    runtime.storage().delete_run(&caller).await.expect("goes");
    let failed = Prune {
        statuses: vec![RunStatus::Failed],
        ..Prune::default()
    };
    assert_eq!(names(&runtime, failed).await, ["called", "inner"]);
    assert!(left(&runtime).await.is_empty());
}

#[tokio::test]
async fn a_caller_of_what_is_not_over_stays() {
    let runtime = runtime().await;
    put(&runtime, "caller", RunStatus::Cancelled, 1, None).await;
    put(&runtime, "called", RunStatus::Completed, 2, Some("caller")).await;
    put(&runtime, "inner", RunStatus::Running, 3, Some("called")).await;
    assert!(names(&runtime, Prune::default()).await.is_empty());
    assert_eq!(left(&runtime).await.len(), 3);
}

#[tokio::test]
async fn a_run_that_is_not_over_cannot_be_meant() {
    let prune = Prune {
        statuses: vec![RunStatus::Completed, RunStatus::Paused],
        ..NOTHING
    };
    let error = runtime().await.prune(prune).await.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}
