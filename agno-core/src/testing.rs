//! For the tests of workflows: a crash after every commit in turn.
//!
//! Single steps are replaced with [`RuntimeBuilder::replace_step`](crate::RuntimeBuilder::replace_step).

use std::{
    collections::HashSet,
    fmt,
    sync::{Arc, OnceLock},
};

use agno_storage::{EntryKind, EventKind, Json, MemoryStorage, RunId, RunStatus, Storage};
use tokio::sync::watch;

use crate::{
    error::Error,
    registry::Workflow,
    runtime::{CrashAfter, Outcome, RunHandle, Runtime, RuntimeBuilder},
};

/// The id of each run of a crash test: every one has a store of its own.
const RUN: &str = "crash-test";

/// Runs a workflow once to its end, and then again and again with a crash right after the first,
/// the second, .. the last commit, each time resumed.
///
/// ```ignore
/// let report = CrashTest::new(Article::for_test, || topic()).run().await?;
/// assert!(report.crashes > 3);
/// ```
pub struct CrashTest<W: Workflow> {
    workflow: Box<dyn Fn() -> W + Send + Sync>,
    input: Box<dyn Fn() -> W::Input + Send + Sync>,
    setup: Box<dyn Fn(RuntimeBuilder) -> RuntimeBuilder + Send + Sync>,
    same: Same,
}

type Same = Box<dyn Fn(&Json, &Json) -> bool + Send + Sync>;

/// What a [`CrashTest`] has seen.
#[derive(Clone, Debug)]
pub struct CrashReport {
    /// Crashes: one before anything was recorded, and one after each commit.
    pub crashes: u64,
    /// What the run answers without a crash.
    pub output: Json,
}

/// What a [`CrashTest`] found wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CrashFailure {
    /// The workflow does not complete without a crash.
    #[error("the run does not complete even without a crash: {0}")]
    NeverCompletes(String),
    /// After a crash the resumed run does not complete.
    #[error("after a crash at commit {commit} the resumed run is {status}: {error}")]
    NotCompleted {
        /// The last durable commit.
        commit: u64,
        /// How the resumed run ended.
        status: RunStatus,
        /// Why.
        error: String,
    },
    /// The resumed run answers something else.
    #[error("after a crash at commit {commit} the output is {found}, without one it is {expected}")]
    OtherOutput {
        /// The last durable commit.
        commit: u64,
        /// Without a crash.
        expected: Json,
        /// With it.
        found: Json,
    },
    /// A step whose result was recorded has run again.
    #[error("after a crash at commit {commit}, `{path}` ran again although it was recorded")]
    RanAgain {
        /// The last durable commit.
        commit: u64,
        /// The step.
        path: String,
    },
    /// The runtime refused to start or resume.
    #[error("{0}")]
    Runtime(Error),
}

impl From<Error> for CrashFailure {
    fn from(error: Error) -> Self {
        Self::Runtime(error)
    }
}

impl<W: Workflow> fmt::Debug for CrashTest<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CrashTest({})", W::NAME)
    }
}

impl<W: Workflow> CrashTest<W> {
    /// A test of a workflow. Both closures are asked for every run: a new process begins with a
    /// new workflow.
    pub fn new(
        workflow: impl Fn() -> W + Send + Sync + 'static,
        input: impl Fn() -> W::Input + Send + Sync + 'static,
    ) -> Self {
        Self {
            workflow: Box::new(workflow),
            input: Box::new(input),
            setup: Box::new(|builder| builder),
            same: Box::new(|expected, found| expected == found),
        }
    }

    /// Sets the runtime up, for example with [`RuntimeBuilder::replace_step`].
    #[must_use]
    pub fn setup(
        mut self,
        setup: impl Fn(RuntimeBuilder) -> RuntimeBuilder + Send + Sync + 'static,
    ) -> Self {
        self.setup = Box::new(setup);
        self
    }

    /// How two outputs are compared. Default: as JSON, by value.
    #[must_use]
    pub fn comparing(
        mut self,
        same: impl Fn(&Json, &Json) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.same = Box::new(same);
        self
    }

    /// Runs the test.
    ///
    /// # Errors
    ///
    /// The first [`CrashFailure`].
    pub async fn run(self) -> Result<CrashReport, CrashFailure> {
        let whole = self
            .start(Arc::new(MemoryStorage::new()))
            .await?
            .outcome()
            .await;
        let Some(expected) = whole.output.clone() else {
            return Err(CrashFailure::NeverCompletes(reason(&whole)));
        };
        let mut crashes = 0;
        // First right after the run is there, with nothing recorded.
        while self.crash_at(crashes, &expected).await? {
            crashes += 1;
        }
        Ok(CrashReport {
            crashes,
            output: expected,
        })
    }

    async fn start(&self, storage: Arc<dyn Storage>) -> Result<RunHandle<W::Output>, Error> {
        let runtime = self.runtime(storage).await?;
        runtime.start::<W>((self.input)()).run_id(RUN).await
    }

    async fn runtime(&self, storage: Arc<dyn Storage>) -> Result<Runtime, Error> {
        let builder = Runtime::builder()
            .storage(storage)
            .workflow((self.workflow)());
        (self.setup)(builder).build().await
    }

    /// One crash and its resume. False when the run ends before so many commits.
    async fn crash_at(&self, commit: u64, expected: &Json) -> Result<bool, CrashFailure> {
        let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
        let (crash, mut crashed) = watch::channel(false);
        let dying = CrashAfter::new(storage.clone(), commit, move || {
            crash.send_replace(true);
        });
        let begun = OnceLock::new();
        let whole = async {
            let run = self.start(Arc::new(dying)).await?;
            // A commit that crashed is never acknowledged, so the run did not end with it.
            begun.get_or_init(|| run).outcome().await;
            Ok::<_, Error>(())
        };
        let dead = tokio::select! {
            ended = whole => ended.map(|()| false)?,
            ended = crashed.wait_for(|crashed| *crashed) => ended.is_ok(),
        };
        if let Some(run) = begun.get() {
            run.cancel();
        }
        if !dead {
            return Ok(false);
        }
        let id = RunId::new(RUN).map_err(Error::from)?;
        let recorded = recorded(&*storage, &id).await?;
        let resumed = self.runtime(storage).await?.resume(&id).await?;
        let again = ran_again(&resumed, &recorded);
        let (outcome, again) = tokio::join!(resumed.outcome(), again);
        if let Some(path) = again? {
            return Err(CrashFailure::RanAgain { commit, path });
        }
        match &outcome.output {
            Some(found) if (self.same)(expected, found) => Ok(true),
            Some(found) => Err(CrashFailure::OtherOutput {
                commit,
                expected: expected.clone(),
                found: found.clone(),
            }),
            None => Err(CrashFailure::NotCompleted {
                commit,
                status: outcome.status,
                error: reason(&outcome),
            }),
        }
    }
}

/// The steps whose results are recorded.
async fn recorded(storage: &dyn Storage, id: &RunId) -> Result<HashSet<Arc<str>>, Error> {
    let journal = storage.journal(id, 0).await?;
    let steps = journal
        .into_iter()
        .filter(|entry| entry.kind == EntryKind::Step);
    Ok(steps.map(|entry| entry.path).collect())
}

/// A recorded step that a resumed run starts. The run tells of it as it happens.
async fn ran_again(
    resumed: &RunHandle,
    recorded: &HashSet<Arc<str>>,
) -> Result<Option<String>, Error> {
    let mut events = resumed.events();
    let mut is_resumed = false;
    while let Some(event) = events.next().await? {
        match event.event.kind {
            EventKind::RunResumed { .. } => is_resumed = true,
            EventKind::StepStarted { path, .. } if is_resumed && recorded.contains(&path) => {
                return Ok(Some(path.to_string()));
            }
            _ => {}
        }
    }
    Ok(None)
}

fn reason(outcome: &Outcome) -> String {
    match &outcome.error {
        Some(error) => error.message.clone(),
        None => format!("it is {}", outcome.status),
    }
}
