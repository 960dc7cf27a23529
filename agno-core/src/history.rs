//! What earlier runs of a session did in the same step.

use agno_storage::{EntryKind, Json, RunId, RunQuery, RunStatus};

use crate::{
    context::{Of, StepContext},
    error::Error,
};

/// What a step was given and answered in an earlier run.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The run.
    pub run: RunId,
    /// The step's input, an object keyed by parameter name.
    pub input: Json,
    /// Its output.
    pub output: Json,
}

impl StepContext {
    /// How many earlier runs the step is to be shown, as its option `history` says. A field that
    /// is an agent is shown them by itself; a method asks with [`history`](Self::history). Zero
    /// without the option, and in a unit test.
    pub fn history_runs(&self) -> usize {
        let cell = match self.of() {
            Of::Run(cell) => cell,
            Of::Refresh(refresh) => {
                refresh.needs_run();
                return 0;
            }
            Of::UnitTest(_) => return 0,
        };
        let step = cell.registered.step(name_of(self.path()));
        step.map_or(0, |(_, entry)| entry.step.history)
    }

    /// What this step was given and answered in the last `runs` completed runs of the session,
    /// oldest first. Another run may end meanwhile, so what is read is to be recorded before it
    /// is used, in a [`memo`](Self::memo) or [`Part`](crate::Part).
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub async fn history(&self, runs: usize) -> Result<Vec<Exchange>, Error> {
        let cell = match self.of() {
            Of::Run(cell) => cell,
            Of::Refresh(refresh) => return Err(refresh.needs_run()),
            Of::UnitTest(_) => return Ok(Vec::new()),
        };
        let query = RunQuery {
            workflow: Some(cell.session.workflow.clone()),
            session: Some(cell.session.session.clone()),
            status: Some(RunStatus::Completed),
            limit: Some(runs),
            whole: true,
            ..RunQuery::default()
        };
        let step = name_of(self.path());
        let mut exchanges = Vec::new();
        for run in cell.storage.runs(query).await? {
            let journal = cell.storage.journal(&run.id, 0).await?;
            let entries = journal.into_iter().rev().filter(|entry| {
                entry.kind == EntryKind::Step && !entry.superseded && name_of(&entry.path) == step
            });
            for entry in entries {
                if let (Some(input), Some(output)) = (entry.input, entry.output) {
                    let run = run.id.clone();
                    exchanges.push(Exchange { run, input, output });
                }
            }
        }
        exchanges.reverse();
        Ok(exchanges)
    }
}

/// The step's name in a path: `read` of `map#1[3]/read#0`.
fn name_of(path: &str) -> &str {
    let last = path.rsplit('/').next().unwrap_or(path);
    last.split('#').next().unwrap_or(last)
}
