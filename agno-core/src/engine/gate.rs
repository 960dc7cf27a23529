//! Steps that wait for people: for a yes before they run, and for help after they failed.

use std::sync::Arc;

use agno_storage::{Answer, Decision, Event, Json, RecordedError, RequestKind, Source};

use super::{
    ask::{Question, expired},
    cell::{RunCell, locked},
    record::Work,
    stop::{Body, Stop},
};
use crate::{
    error::{Error, code},
    op::Reply,
    registry::{Gate, OnReject, OnTimeout, StepEntry},
    value::Produced,
};

/// What became of a gate.
pub(super) enum Passed {
    Yes,
    /// The default of the output takes the step's place.
    Skip(Error),
    No(Error),
}

/// What is done about a failure.
pub(super) enum Help {
    /// Try again, from this attempt on.
    Retry(u32),
    Value(Answer),
    Skip,
    Fail,
}

/// A pause after a failure that is recorded.
pub(super) struct Pause {
    pub(super) number: u32,
    pub(super) error: RecordedError,
    pub(super) attempts: u32,
}

fn gate_path(step: &str) -> Arc<str> {
    Arc::from(format!("{step}!confirm"))
}

fn pause_path(step: &str, number: u32) -> Arc<str> {
    Arc::from(format!("{step}!pause.{number}"))
}

impl RunCell {
    /// Waits for a yes before the step runs.
    pub(super) async fn pass(
        &self,
        gate: &Gate,
        work: &Work,
        body: &mut Option<Body<'_>>,
    ) -> Passed {
        let path = &work.entry.path;
        let question = Question {
            place: work.entry.place.clone(),
            value: work.entry.input.clone(),
            timeout: gate.timeout,
            unless: work.around.unless(),
            ..Question::new(
                gate_path(path),
                RequestKind::Confirm,
                gate.message.to_owned(),
            )
        };
        let answer = self.ask_aside(question, body).await;
        let rejected = |feedback: Option<String>| {
            let why = feedback.map_or_else(String::new, |why| format!(": {why}"));
            Error::new(code::REJECTED, format!("a person said no{why}")).permanent()
        };
        let error = match (answer.decision, gate.on_timeout) {
            (Decision::Approve, _) | (Decision::Expired, OnTimeout::Approve) => return Passed::Yes,
            (Decision::Expired, OnTimeout::Fail) => return Passed::No(expired(path)),
            (_, _) => rejected(answer.feedback),
        };
        match gate.on_reject {
            OnReject::Fail => Passed::No(error),
            OnReject::Skip => Passed::Skip(error),
            OnReject::Cancel => {
                self.stop(Stop::Cancelled);
                std::future::pending().await
            }
        }
    }

    /// Asks while the step's body does not run: an interruption need not wait for it.
    async fn ask_aside(&self, question: Question, body: &mut Option<Body<'_>>) -> Answer {
        let asked = self.ask(question);
        self.aside(self.unless_interrupted(body, asked)).await
    }

    /// Waits for something of which the step itself is no part: meanwhile it does not go on.
    pub(super) async fn aside<T>(&self, wait: impl Future<Output = T>) -> T {
        struct Again<'a>(&'a RunCell);
        impl Drop for Again<'_> {
            fn drop(&mut self) {
                self.0.begin_working();
            }
        }
        self.end_working();
        let _again = Again(self);
        wait.await
    }

    /// The last recorded pause of a step.
    pub(super) fn last_pause(&self, path: &str) -> Option<Pause> {
        if !self.replaying() {
            return None;
        }
        let recorded = locked(&self.recorded);
        let pauses = (0..).map_while(|number| {
            let entry = recorded.get(&pause_path(path, number))?;
            Some(Pause {
                number,
                error: entry.error.clone()?,
                attempts: entry.attempts,
            })
        });
        pauses.last()
    }

    /// Asks what to do about a failure.
    pub(super) async fn ask_for_help(
        &self,
        work: &Work,
        pause: &Pause,
        events: Vec<Event>,
        output: impl FnOnce() -> Json,
        body: &mut Option<Body<'_>>,
    ) -> Help {
        let path = &work.entry.path;
        let message = format!("`{path}` failed: {}", pause.error.message);
        let question = Question {
            place: work.entry.place.clone(),
            schema: Some(output()),
            value: work.entry.input.clone(),
            failure: Some((pause.error.clone(), pause.attempts)),
            events,
            unless: work.around.unless(),
            ..Question::new(
                pause_path(path, pause.number),
                RequestKind::Failure,
                message,
            )
        };
        let answer = self.ask_aside(question, body).await;
        match answer.decision {
            Decision::Retry => Help::Retry(pause.attempts + 1),
            Decision::Value => Help::Value(answer),
            Decision::Skip => Help::Skip,
            _ => Help::Fail,
        }
    }

    /// Records what a person gave in place of a failed step's output.
    pub(super) async fn record_given(
        &self,
        work: Work,
        answer: Answer,
        entry: &StepEntry,
    ) -> Result<Reply, Error> {
        let output = answer.value.unwrap_or_else(Json::null);
        match (entry.decode)(&output) {
            Ok(value) => {
                let produced = Produced {
                    json: output,
                    value: Some(value),
                };
                self.record_output(work, produced, Source::Given).await
            }
            Err(problem) => {
                let problem = format!("the given output does not fit: {problem}");
                let error = Error::new(code::INVALID_OUTPUT, problem).permanent();
                self.record_plain_failure(work, error, Vec::new(), 0).await
            }
        }
    }
}
