//! What earlier runs of the session were given and answered.

use std::{
    panic::Location,
    time::{Duration, SystemTime},
};

use agno_storage::{Json, RunId};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{Durable, Flow};
use crate::{
    error::{Error, code},
    op::{Op, Reply},
    registry::Workflow,
};

/// A completed run of the same workflow and session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PastRun {
    /// The run.
    pub run: RunId,
    /// When it was started, in microseconds since 1970.
    pub started_at: u64,
    /// What it was started with.
    pub input: Json,
    /// What it answered.
    pub output: Json,
}

impl PastRun {
    pub(crate) fn new(run: RunId, started_at: u64, input: Json, output: Json) -> Self {
        Self {
            run,
            started_at,
            input,
            output,
        }
    }

    /// When it was started.
    pub fn started(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_micros(self.started_at)
    }

    /// What it was started with, as a type.
    ///
    /// # Errors
    ///
    /// When it was started with something else, as by an older version of the workflow.
    pub fn input_as<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.read("input", &self.input)
    }

    /// What it answered, as a type.
    ///
    /// # Errors
    ///
    /// When it answered something else, as an older version of the workflow may have.
    pub fn output_as<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.read("output", &self.output)
    }

    fn read<T: DeserializeOwned>(&self, what: &str, json: &Json) -> Result<T, Error> {
        json.decode().map_err(|error| {
            let wanted = std::any::type_name::<T>();
            let problem = format!("the {what} of run `{}` is no `{wanted}`: {error}", self.run);
            Error::new(code::INVALID_INPUT, problem).permanent()
        })
    }
}

impl<W: Workflow> Flow<W> {
    /// The last `runs` completed runs of this workflow in this session, oldest first, as far as
    /// there are so many. Runs that another workflow has called are not among them. Recorded, so
    /// that a resumed run sees the same although others have ended meanwhile.
    ///
    /// ```ignore
    /// for past in flow.history(3).await? {
    ///     asked.push(past.input_as::<Question>()?);
    /// }
    /// ```
    ///
    /// Agno's `add_workflow_history` puts the same runs as text into the prompt of every agent of
    /// the workflow, between `<workflow_history_context>` tags, and only warns when there is no
    /// database. Here the flow gets them as values and decides who is told what; a single step
    /// that is an agent gets its own earlier exchanges, as messages, with `#[step(history = n)]`.
    #[track_caller]
    pub fn history(&self, runs: usize) -> Durable<Vec<PastRun>> {
        let id = self.handle.identify("history", Location::caller());
        let op = Op::History { id, runs };
        let decode = |reply| match reply {
            Reply::One { json, .. } => {
                let unfit = |error| format!("the recorded history does not fit: {error}");
                json.decode().map_err(unfit)
            }
            _ => Err("a container answered for the history".to_owned()),
        };
        Durable::new(self.handle.clone(), Ok(op), Box::new(decode))
    }
}
