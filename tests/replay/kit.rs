//! Runs that crash, and what they leave behind.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use agno::{CrashAfter, Entry, Outcome, RunId, Runtime, Storage, Workflow, storage::MemoryStorage};

/// Counts how often a step's body ran.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ran(Arc<Mutex<BTreeMap<String, u32>>>);

impl Ran {
    pub(crate) fn count(&self, step: &str) -> u32 {
        self.0
            .lock()
            .expect("no panic")
            .get(step)
            .copied()
            .unwrap_or(0)
    }

    pub(crate) fn hit(&self, step: &str) -> u32 {
        let mut counts = self.0.lock().expect("no panic");
        let count = counts.entry(step.to_owned()).or_default();
        *count += 1;
        *count
    }
}

pub(crate) fn store() -> Arc<dyn Storage> {
    Arc::new(MemoryStorage::new())
}

pub(crate) fn id() -> RunId {
    RunId::new("r").expect("a legal id")
}

pub(crate) async fn runtime<W: Workflow>(storage: &Arc<dyn Storage>, workflow: W) -> Runtime {
    let builder = Runtime::builder()
        .storage(storage.clone())
        .workflow(workflow);
    builder.build().await.expect("the workflow fits together")
}

/// Runs `r` to its end.
pub(crate) async fn run<W: Workflow>(
    storage: &Arc<dyn Storage>,
    workflow: W,
    input: W::Input,
) -> Outcome {
    let runtime = runtime(storage, workflow).await;
    let run = runtime.start::<W>(input).run_id("r").await.expect("starts");
    run.outcome().await
}

pub(crate) async fn resume<W: Workflow>(storage: &Arc<dyn Storage>, workflow: W) -> Outcome {
    let run = runtime(storage, workflow)
        .await
        .resume(&id())
        .await
        .expect("resumes");
    run.outcome().await
}

/// Runs `r` and lets its world end right after so many commits. True if it did, false if the run
/// came to its end before.
pub(crate) async fn crash_after<W: Workflow>(
    storage: &Arc<dyn Storage>,
    commits: u64,
    workflow: W,
    input: W::Input,
) -> bool {
    let (crash, mut crashed) = tokio::sync::watch::channel(false);
    let dying = CrashAfter::new(storage.clone(), commits, move || {
        crash.send_replace(true);
    });
    let builder = Runtime::builder()
        .storage(Arc::new(dying))
        .workflow(workflow);
    let runtime = builder.build().await.expect("the workflow fits together");
    let run = runtime.start::<W>(input).run_id("r").await.expect("starts");
    let dead = tokio::select! {
        _ = run.outcome() => false,
        _ = crashed.wait_for(|crashed| *crashed) => true,
    };
    // What is left of the first process must not go on working beside the second.
    run.cancel();
    dead
}

pub(crate) async fn journal(storage: &Arc<dyn Storage>) -> Vec<Entry> {
    storage.journal(&id(), 0).await.expect("the journal reads")
}

pub(crate) async fn paths(storage: &Arc<dyn Storage>) -> Vec<String> {
    let entries = journal(storage).await;
    let of_steps = entries
        .iter()
        .filter(|entry| entry.kind == agno::EntryKind::Step);
    of_steps.map(|entry| entry.path.to_string()).collect()
}

/// What a run said when it did not complete.
pub(crate) fn failure(outcome: &Outcome) -> (&str, &str) {
    let error = outcome.error.as_ref().expect("it failed");
    (&error.code, &error.message)
}
