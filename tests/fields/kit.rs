//! Executables for the tests, and runs of them.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use agno::{
    AnyState, CrashAfter, Entry, EntryKind, Execute, Outcome, RunId, Runtime, Settings, StateType,
    Storage, Workflow, prelude::*, storage::MemoryStorage,
};

/// Puts its word after what it gets, and counts how often it ran.
#[derive(Clone, Debug, Default)]
pub(crate) struct Says {
    pub(crate) word: String,
    pub(crate) ran: Arc<AtomicU32>,
    /// So many attempts fail first.
    pub(crate) failures: u32,
}

pub(crate) fn says(word: &str) -> Says {
    Says {
        word: word.to_owned(),
        ..Says::default()
    }
}

impl Says {
    pub(crate) fn count(&self) -> u32 {
        self.ran.load(Ordering::SeqCst)
    }
}

impl Settings for Says {
    fn settings(&self) -> serde_json::Value {
        serde_json::json!({"word": self.word})
    }
}

impl Execute for Says {
    type Input = String;
    type Output = String;

    async fn execute(
        &self,
        input: String,
        _: &StepContext,
        _: Option<&mut dyn AnyState>,
    ) -> Result<String> {
        let before = self.ran.fetch_add(1, Ordering::SeqCst);
        ensure!(before >= self.failures, "not yet");
        Ok(format!("{input} {}", self.word))
    }
}

#[data]
#[derive(Default, State, PartialEq)]
pub(crate) struct Notes {
    #[merge(append)]
    pub(crate) words: Vec<String>,
}

#[data]
#[derive(Default, State)]
pub(crate) struct Other {
    pub(crate) count: u32,
}

/// Writes down what it gets, and answers how much there is.
#[derive(Debug, Default)]
pub(crate) struct Writes {
    pub(crate) failures: AtomicU32,
}

impl Settings for Writes {
    fn state(&self) -> Option<StateType> {
        Some(StateType::of::<Notes>())
    }
}

impl Execute for Writes {
    type Input = String;
    type Output = String;

    async fn execute(
        &self,
        input: String,
        _: &StepContext,
        state: Option<&mut dyn AnyState>,
    ) -> Result<String> {
        let Some(state) = state else {
            bail!("there is no state");
        };
        let Some(notes) = state.as_any().downcast_mut::<Notes>() else {
            bail!("it is another state");
        };
        notes.words.push(input);
        let left = self.failures.load(Ordering::SeqCst);
        if left > 0 {
            self.failures.store(left - 1, Ordering::SeqCst);
            bail!("not yet");
        }
        Ok(notes.words.join(", "))
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
    let runtime = runtime(storage, workflow).await;
    runtime
        .resume(&id())
        .await
        .expect("resumes")
        .outcome()
        .await
}

/// Runs `r` and lets its world end right after so many commits.
pub(crate) async fn crash_after<W: Workflow>(
    storage: &Arc<dyn Storage>,
    commits: u64,
    workflow: W,
    input: W::Input,
) {
    let (crash, mut crashed) = tokio::sync::watch::channel(false);
    let dying = CrashAfter::new(storage.clone(), commits, move || {
        crash.send_replace(true);
    });
    let dying: Arc<dyn Storage> = Arc::new(dying);
    let runtime = runtime(&dying, workflow).await;
    let run = runtime.start::<W>(input).run_id("r").await.expect("starts");
    tokio::select! {
        _ = run.outcome() => panic!("it came to its end before"),
        _ = crashed.wait_for(|crashed| *crashed) => {}
    }
    run.cancel();
}

/// The output of a run, as JSON.
#[track_caller]
pub(crate) fn output(outcome: &Outcome) -> &str {
    match &outcome.output {
        Some(output) => output.as_str(),
        None => panic!("{:?}", outcome.error),
    }
}

/// Path, input and output of every step that is recorded.
pub(crate) async fn told(storage: &Arc<dyn Storage>) -> Vec<String> {
    let journal: Vec<Entry> = storage.journal(&id(), 0).await.expect("the journal reads");
    let steps = journal
        .iter()
        .filter(|entry| entry.kind == EntryKind::Step)
        .map(|entry| {
            let [input, output] =
                [&entry.input, &entry.output].map(|json| json.as_ref().map_or("", |j| j.as_str()));
            format!("{} {input} {output}", entry.path)
        });
    steps.collect()
}
