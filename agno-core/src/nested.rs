//! Workflows as steps of workflows.

use std::{marker::PhantomData, sync::Arc};

use agno_storage::{Json, RunStatus};

use crate::{
    context::{Of, StepContext},
    error::{Error, code},
    execute::{AnyState, Execute, Settings},
    registry::Workflow,
    value::Value,
};

impl StepContext {
    /// Runs another workflow, which is to be part of the same runtime, as
    /// [`Flow::call`](crate::Flow::call) does: a run of its own, in the same session, cancelled
    /// with this one. Its questions to people pause this run as well. After a crash the same run is
    /// taken up; an attempt that follows a failed one takes up the failed run.
    ///
    /// # Errors
    ///
    /// The run's failure; [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when the workflow is
    /// not part of the runtime; `misuse` in a unit test, where there is no runtime.
    pub async fn call<W: Workflow>(&self, input: W::Input) -> Result<W::Output, Error> {
        let cell = match self.of() {
            Of::Run(cell) => cell,
            Of::Refresh(refresh) => return Err(refresh.needs_run()),
            Of::UnitTest(_) => {
                let problem = "a step that is called without a run cannot call a workflow";
                return Err(Error::new(code::MISUSE, problem).permanent());
            }
        };
        let called = cell.runtime.registered::<W>()?;
        cell.check_depth(W::NAME)?;
        let json = (called.entry().encode_input)(&input)?;
        drop(input);
        called.check_typed(&json)?;
        let path: Arc<str> = Arc::from(self.call_path());
        let again = self.attempt() > 1 || cell.was_over;
        let run = cell.called(&path, called.name.clone(), json, again);
        let _waits = self.waits(cell);
        let outcome = cell.until_over(run, true).await?;
        match (outcome.status, outcome.error) {
            (RunStatus::Completed, _) => {
                let output = outcome.output.unwrap_or_else(Json::null);
                let value = called.decode_output(&output).map_err(|error| {
                    let problem = format!("the output of `{}` does not fit: {error}", W::NAME);
                    Error::new(code::DRIFT, problem).permanent()
                })?;
                value
                    .downcast::<W::Output>()
                    .map(|value| *value)
                    .map_err(|_| {
                        let problem = format!("`{}` answers another type", W::NAME);
                        Error::new(code::MISUSE, problem).permanent()
                    })
            }
            (_, Some(error)) => Err(Error::from_recorded(error)),
            (status, None) => {
                let problem = format!("the run of `{}` is {status}", W::NAME);
                Err(Error::new(code::STEP, problem))
            }
        }
    }
}

/// A workflow as a step of another: `#[step] handoff: Nested<HumanHandoff>`. The workflow itself
/// is to be part of the same runtime.
pub struct Nested<W>(PhantomData<fn(W)>);

impl<W> Nested<W> {
    /// The workflow `W`.
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<W> Default for Nested<W> {
    fn default() -> Self {
        Self::new()
    }
}

impl<W> Clone for Nested<W> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<W> Copy for Nested<W> {}

impl<W: Workflow> std::fmt::Debug for Nested<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Nested({})", W::NAME)
    }
}

impl<W: Workflow> Settings for Nested<W> {
    fn settings(&self) -> serde_json::Value {
        serde_json::json!({ "workflow": W::NAME, "version": W::VERSION })
    }
}

// A message about another type need not name this one.
#[diagnostic::do_not_recommend]
impl<W: Workflow> Execute for Nested<W>
where
    W::Input: Value,
    W::Output: Value,
{
    type Input = W::Input;
    type Output = W::Output;

    async fn execute(
        &self,
        input: W::Input,
        context: &StepContext,
        _: Option<&mut dyn AnyState>,
    ) -> Result<W::Output, Error> {
        context.call::<W>(input).await
    }
}
