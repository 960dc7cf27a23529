//! A run that was started: its outcome, and a hand on it.

use std::{
    any::Any,
    future::{Future, IntoFuture},
    marker::PhantomData,
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use agno_storage::{Json, NumberedEvent, RecordedError, RunId, RunStatus};
use tokio::sync::{broadcast::Receiver, watch};

use super::{EventStream, Runtime, events::Live, owned::release};
use crate::{
    engine::{RunCell, drive},
    error::{Error, code},
    registry::Registered,
};

/// A run under way in this runtime.
#[derive(Clone)]
pub(crate) struct Active {
    pub(super) cell: Arc<RunCell>,
    /// What it was started with.
    pub(super) input: Json,
    pub(super) outcome: watch::Receiver<Option<Arc<Outcome>>>,
}

/// How a run ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// The run.
    pub run: RunId,
    /// Its workflow.
    pub workflow: Arc<str>,
    /// Its session.
    pub session: Arc<str>,
    /// How it ended. `Running` when it was interrupted or another owner has taken it: it is not
    /// over, and can be resumed.
    pub status: RunStatus,
    /// Its output, when it completed.
    pub output: Option<Json>,
    /// Why it did not.
    pub error: Option<RecordedError>,
    /// Of a paused run: when it is taken up again without an answer, in microseconds since 1970.
    pub wake_at: Option<u64>,
    /// The run that goes on in its place, after `flow.continue_as_new(..)`.
    pub continued_as: Option<RunId>,
    /// Steps whose body ran, here and now.
    pub steps_run: u32,
    /// Steps whose result was found in the cache.
    pub steps_cached: u32,
    /// Steps whose result was recorded before.
    pub steps_replayed: u32,
    /// Time from start or resume to the end.
    pub duration: Duration,
}

/// A run that was started. Awaited for its output; dropped, the run goes on.
pub struct RunHandle<O = Json> {
    id: RunId,
    runtime: Runtime,
    registered: Arc<Registered>,
    cell: Option<Arc<RunCell>>,
    outcome: watch::Receiver<Option<Arc<Outcome>>>,
    output: PhantomData<fn() -> O>,
}

impl<O> Clone for RunHandle<O> {
    fn clone(&self) -> Self {
        Self {
            id: self.id.clone(),
            runtime: self.runtime.clone(),
            registered: self.registered.clone(),
            cell: self.cell.clone(),
            outcome: self.outcome.clone(),
            output: PhantomData,
        }
    }
}

impl<O> std::fmt::Debug for RunHandle<O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("RunHandle").field(&self.id).finish()
    }
}

impl<O> RunHandle<O> {
    /// The run's id.
    pub fn id(&self) -> &RunId {
        &self.id
    }

    /// Whether it was under way here when this was answered.
    pub(super) fn is_under_way(&self) -> bool {
        self.cell.is_some()
    }

    /// What happens in the run, from its first event on.
    pub fn events(&self) -> EventStream {
        self.events_from(0)
    }

    /// What happens in the run, from an offset on: the number of the last event seen, plus one.
    pub fn events_from(&self, offset: u64) -> EventStream {
        let live = self.cell.as_ref().map(|cell| Live {
            events: cell.subscribe(),
            outcome: self.outcome.clone(),
        });
        EventStream::new(
            self.runtime.storage().clone(),
            self.id.clone(),
            offset,
            live,
        )
    }

    /// Ends the run. A step that is running is dropped at its next `.await`; what is recorded
    /// stays.
    ///
    /// # Panics
    ///
    /// For a run that is written down as paused, outside of a tokio runtime: a task of its own
    /// cancels that.
    pub fn cancel(&self) {
        let Some(cell) = &self.cell else {
            return;
        };
        cell.cancel();
        if cell.is_parked() {
            let (runtime, id) = (self.runtime.clone(), self.id.clone());
            tokio::spawn(async move {
                if let Err(error) = runtime.cancel(&id).await {
                    tracing::debug!(run = %id, %error, "not cancelled");
                }
            });
        }
    }

    /// Ends it and the runs that it has called, if they are under way here.
    pub(crate) fn give_up_all(&self, error: &RecordedError) {
        if let Some(cell) = &self.cell {
            cell.give_up_all(error);
        }
    }

    /// What happens in it from now on, if it is under way here.
    pub(crate) fn live(&self) -> Option<Receiver<NumberedEvent>> {
        self.cell.as_ref().map(|cell| cell.subscribe())
    }

    /// Cancels it because its caller does not wait for it any more.
    pub(crate) fn give_up(&self) {
        if let Some(cell) = &self.cell {
            cell.give_up_run();
        }
    }

    /// Stops it at once: this process may not be its caller's owner any more.
    pub(crate) fn lose(&self) {
        if let Some(cell) = &self.cell {
            cell.taken_over();
        }
    }

    /// Stops the run once the steps that run now are recorded. It can be resumed.
    pub fn interrupt(&self) {
        if let Some(cell) = &self.cell {
            cell.interrupt();
        }
    }

    /// Waits for the end, and answers it whatever it is.
    pub async fn outcome(&self) -> Outcome {
        let mut outcome = self.outcome.clone();
        match outcome.wait_for(Option::is_some).await {
            Ok(ended) => match &*ended {
                Some(ended) => Outcome::clone(ended),
                None => self.lost(),
            },
            Err(_) => self.lost(),
        }
    }

    /// The task that ran it is gone without a word: its runtime was shut down.
    fn lost(&self) -> Outcome {
        let error = Error::new(
            code::INTERRUPTED,
            "the program that ran it is shutting down",
        );
        Outcome {
            run: self.id.clone(),
            workflow: self.registered.name.clone(),
            session: Arc::from(""),
            status: RunStatus::Running,
            output: None,
            error: Some(error.to_recorded()),
            wake_at: None,
            continued_as: None,
            steps_run: 0,
            steps_cached: 0,
            steps_replayed: 0,
            duration: Duration::ZERO,
        }
    }

    /// The same run, its output as JSON.
    pub fn into_json(self) -> RunHandle<Json> {
        self.retyped()
    }

    pub(super) fn retyped<T>(self) -> RunHandle<T> {
        RunHandle {
            id: self.id,
            runtime: self.runtime,
            registered: self.registered,
            cell: self.cell,
            outcome: self.outcome,
            output: PhantomData,
        }
    }
}

impl<O: Send + 'static> IntoFuture for RunHandle<O> {
    type Output = Result<O, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let mut outcome = self.outcome().await;
            while let Some(next) = &outcome.continued_as {
                outcome = self.runtime.attach(next).await?.outcome().await;
            }
            if let Some(error) = outcome.error {
                return Err(Error::from_recorded(error));
            }
            let json = outcome.output.unwrap_or_else(Json::null);
            let value = if std::any::TypeId::of::<O>() == std::any::TypeId::of::<Json>() {
                Box::new(json) as Box<dyn Any + Send>
            } else {
                self.registered.decode_output(&json).map_err(|error| {
                    let problem = format!("the recorded output does not fit: {error}");
                    Error::new(code::DRIFT, problem).permanent()
                })?
            };
            value.downcast::<O>().map(|value| *value).map_err(|_| {
                let problem = format!(
                    "run `{}` does not answer `{}`",
                    self.id,
                    std::any::type_name::<O>()
                );
                Error::new(code::MISUSE, problem).permanent()
            })
        })
    }
}

impl Runtime {
    pub(super) fn active(&self, id: &RunId) -> Option<Active> {
        crate::sync::locked(&self.0.shared.active).get(id).cloned()
    }

    /// A run of this store: under way here, or as it ended.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when there is no such run.
    pub async fn attach(&self, id: &RunId) -> Result<RunHandle, Error> {
        if let Some(active) = self.active(id) {
            return Ok(self.handle_of(&active));
        }
        let Some(record) = self.storage().run(id).await? else {
            return Err(agno_storage::StoreError::RunNotFound { run: id.clone() }.into());
        };
        let registered = self.find(&record.workflow)?.clone();
        let mut error = record.error;
        let unfinished = match record.status {
            RunStatus::Running if self.storage().lease().is_some() => {
                Some("the run is not under way here: another process runs it, or a worker will")
            }
            RunStatus::Running => Some("the run was interrupted; resume it"),
            RunStatus::Pending => Some("the run waits to be begun, by a worker or a resume"),
            _ => None,
        };
        if let Some(words) = unfinished {
            error = Some(Error::new(code::INTERRUPTED, words).to_recorded());
        }
        let outcome = Outcome {
            run: id.clone(),
            workflow: record.workflow,
            session: record.session,
            status: record.status,
            output: self.storage().output(id).await?,
            error,
            wake_at: record.wake_at,
            continued_as: record.continued_as,
            steps_run: 0,
            steps_cached: 0,
            steps_replayed: 0,
            duration: Duration::ZERO,
        };
        let (_, outcome) = watch::channel(Some(Arc::new(outcome)));
        Ok(RunHandle {
            id: id.clone(),
            runtime: self.clone(),
            registered,
            cell: None,
            outcome,
            output: PhantomData,
        })
    }

    pub(super) fn handle_of<O>(&self, active: &Active) -> RunHandle<O> {
        RunHandle {
            id: active.cell.id.clone(),
            runtime: self.clone(),
            registered: active.cell.registered.clone(),
            cell: Some(active.cell.clone()),
            outcome: active.outcome.clone(),
            output: PhantomData,
        }
    }

    /// Drives a run in a task of its own.
    pub(super) fn spawn(&self, cell: Arc<RunCell>, values: Json, input: Json) -> Active {
        use tracing::Instrument;

        let (ended, outcome) = watch::channel(None);
        let active = Active {
            cell: cell.clone(),
            input,
            outcome,
        };
        let shared = self.0.shared.clone();
        crate::sync::locked(&shared.active).insert(cell.id.clone(), active.clone());
        // With the names of OpenTelemetry's conventions for generative AI, which are in development:
        // open-telemetry/semantic-conventions-genai, docs/gen-ai/gen-ai-agent-spans.md.
        let span = tracing::info_span!(
            "run",
            run = %cell.id,
            workflow = &*cell.registered.name,
            otel.name = format!("invoke_workflow {}", cell.registered.name),
            otel.status_code = tracing::field::Empty,
            gen_ai.operation.name = "invoke_workflow",
            gen_ai.workflow.name = &*cell.registered.name,
            gen_ai.conversation.id = &*cell.info.session,
            error.type = tracing::field::Empty,
        );
        let whole = span.clone();
        self.keep_leases();
        let work = async move {
            let begun = Instant::now();
            let ending = drive(cell.clone(), values).await;
            if let Some(error) = &ending.error {
                whole.record("error.type", error.code());
                whole.record("otel.status_code", "error");
            }
            let tally = &cell.tally;
            let outcome = Outcome {
                run: cell.id.clone(),
                workflow: cell.registered.name.clone(),
                session: cell.info.session.clone(),
                status: ending.status,
                output: ending.produced.map(|produced| produced.json),
                error: ending.error.map(|error| error.to_recorded()),
                wake_at: ending.wake_at,
                continued_as: ending.continued_as,
                steps_run: tally.ran.load(Ordering::Relaxed),
                steps_cached: tally.cached.load(Ordering::Relaxed),
                steps_replayed: tally.replayed.load(Ordering::Relaxed),
                duration: begun.elapsed(),
            };
            // Whoever finds that it is not under way here can have it.
            if outcome.status == RunStatus::Running {
                release(&cell).await;
            }
            crate::sync::locked(&shared.active).remove(&cell.id);
            if let Some(next) = &outcome.continued_as
                && let Err(error) = cell.runtime.take_up(next).await
            {
                // It is written down: a worker or a resume begins it.
                tracing::error!(run = %next, %error, "not taken up");
            }
            if let (Some(at), true) = (outcome.wake_at, cell.depth == 0) {
                cell.runtime.wake(&cell.id, at);
            }
            // Nobody waiting is no failure.
            let _ = ended.send(Some(Arc::new(outcome)));
        };
        tokio::spawn(work.instrument(span));
        active
    }
}
