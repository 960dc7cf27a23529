//! Another workflow, as a run of its own that this one has called.

use std::sync::Arc;

use agno_storage::{Entry, EntryKind, Event, EventKind, Json, Parent, RunId, RunStatus};
use tokio::sync::broadcast::error::RecvError;

use super::{
    around::Around,
    cell::{RunCell, locked},
    commit::Writing,
    execute::{Outcome, sleep_until},
    replay::whole,
    stop::Stop,
};
use crate::{
    clock::now_micros,
    error::{Error, code},
    op::{Reply, WorkflowOp},
    runtime::{Called, Outcome as RunOutcome, RunHandle},
};

/// So many runs inside each other, and the innermost call fails: a workflow that calls itself
/// without end would fill the store.
const DEEPEST: u32 = 32;

/// A called run that is parked. Given up, it is cancelled.
struct Parked<'a> {
    cell: &'a RunCell,
    run: &'a RunId,
    over: bool,
}

impl Drop for Parked<'_> {
    fn drop(&mut self) {
        let cell = self.cell;
        // A run that stops or parks goes on waiting when it is taken up.
        let goes_on = !cell.is_stopped() && !cell.is_interrupted() && !cell.is_parked();
        if !self.over && goes_on {
            let (runtime, run) = (cell.runtime.clone(), self.run.clone());
            tokio::spawn(async move { runtime.give_up(&run).await });
        }
    }
}

/// A called run that is under way. Dropped, it ends as its caller does.
struct UnderWay<'a> {
    cell: &'a RunCell,
    run: RunId,
    over: bool,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let called = {
            let mut called = locked(&self.cell.called);
            match called.iter().position(|handle| *handle.id() == self.run) {
                // Still waited for by the stop of this run.
                Some(at) if self.cell.is_stopped() => called[at].clone(),
                Some(at) => called.swap_remove(at),
                None => return,
            }
        };
        let cancelled = self.cell.cancellation.is_cancelled();
        if self.over {
            return;
        }
        if cancelled || !self.cell.is_stopped() {
            called.give_up();
        } else {
            called.interrupt();
        }
    }
}

impl RunCell {
    pub(super) async fn run_workflow(
        self: Arc<Self>,
        call: WorkflowOp,
        is_new: bool,
        around: &Around,
    ) -> Outcome {
        let path = call.id.path.clone();
        self.check_depth(&call.workflow)
            .map_err(|error| error.at(&path))?;
        let run = called_id(&self.id, &path);
        if is_new {
            self.record_call(&call, &run, around).await;
        }
        // A run that is taken up after its end takes up what ended with it.
        let retry = self.was_over || locked(&self.recorded).is_retried(&whole(&path));
        let called = self.called(&path, call.workflow, call.input, retry);
        let begun = now_micros();
        let outcome = self.until_over(called, false).await?;
        self.record_return(&path, call.id.position, &run, outcome, begun, around)
            .await
    }

    pub(crate) fn check_depth(&self, workflow: &str) -> Result<(), Error> {
        if self.depth < DEEPEST {
            return Ok(());
        }
        let problem = format!(
            "`{workflow}` is called {DEEPEST} runs deep: a workflow that calls itself needs an end"
        );
        Err(Error::new(code::MISUSE, problem).permanent())
    }

    /// The run that a call is to be.
    pub(crate) fn called(
        &self,
        path: &Arc<str>,
        workflow: Arc<str>,
        input: Json,
        retry: bool,
    ) -> Called {
        Called {
            id: called_id(&self.id, path),
            workflow,
            input,
            session: self.info.session.clone(),
            user: self.info.user.clone(),
            metadata: self.info.metadata.clone(),
            events: self.events.clone(),
            cache: Some(self.cache_mode),
            parent: Parent {
                run: self.id.clone(),
                root: self.root.clone(),
                path: path.clone(),
                depth: self.depth + 1,
            },
            retry,
            budget: self.budget.clone(),
        }
    }

    /// The call is on disk before its run begins, so that the run is never nobody's.
    async fn record_call(&self, call: &WorkflowOp, run: &RunId, around: &Around) {
        let mut entry = Entry::new(EntryKind::Workflow, call.id.path.clone(), call.id.position);
        entry.place = Some(call.id.place.clone());
        entry.input = Some(call.input.clone());
        entry.started_at = now_micros();
        entry.events.push(Event {
            at: entry.started_at,
            kind: EventKind::WorkflowCalled {
                path: call.id.path.clone(),
                workflow: call.workflow.clone(),
                run: run.clone(),
            },
        });
        self.commit_or_stop(Writing {
            entries: vec![entry],
            unless: around.unless(),
            ..Writing::default()
        })
        .await;
    }

    /// Runs it to its end, over all its pauses. `in_body` says that a step's body waits for it.
    pub(crate) async fn until_over(
        self: &Arc<Self>,
        mut called: Called,
        in_body: bool,
    ) -> Result<RunOutcome, Error> {
        let path = called.parent.path.clone();
        locked(&self.unreturned).insert(path.clone());
        loop {
            let working = self.working_here();
            if !self.may_begin() {
                Box::pin(self.until_it_may_begin()).await;
            }
            let begun = Box::pin(self.runtime.begin_called(&called)).await;
            let handle = match begun {
                Ok(handle) => handle,
                Err(error) => return Err(Box::pin(self.not_the_stores(error)).await.at(&path)),
            };
            let outcome = self.follow(&handle, &path).await;
            drop(working);
            match outcome.status {
                RunStatus::Paused => {
                    self.until_answered(&called.id, &path, outcome.wake_at)
                        .await;
                }
                // Stopped or taken over, as this run is about to be.
                RunStatus::Running | RunStatus::Pending => {
                    if self.is_interrupted() {
                        self.called_was_interrupted(in_body);
                    } else if !self.is_stopped() {
                        let problem =
                            format!("run `{}`, which it has called, was taken over", handle.id());
                        self.stop(Stop::Lost(Error::new(code::TAKEN_OVER, problem)));
                    }
                    return std::future::pending().await;
                }
                _ => match outcome.continued_as {
                    Some(next) => called.id = next,
                    None => {
                        locked(&self.unreturned).remove(&path);
                        return Ok(outcome);
                    }
                },
            }
        }
    }

    /// Waits for its end or pause, and tells what happens in it meanwhile.
    async fn follow(&self, handle: &RunHandle, path: &Arc<str>) -> RunOutcome {
        locked(&self.called).push(handle.clone());
        let mut under_way = UnderWay {
            cell: self,
            run: handle.id().clone(),
            over: false,
        };
        let mut events = if self.is_watched() {
            handle.live()
        } else {
            None
        };
        loop {
            let event = async {
                match &mut events {
                    Some(events) => events.recv().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                event = event => match event {
                    Ok(told) => self.tell(&Event {
                        at: told.event.at,
                        kind: EventKind::Inner {
                            path: path.clone(),
                            run: handle.id().clone(),
                            event: Box::new(told.event),
                        },
                    }),
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => events = None,
                },
                outcome = handle.outcome() => {
                    under_way.over = true;
                    return outcome;
                }
            }
        }
    }

    async fn until_answered(&self, run: &RunId, path: &Arc<str>, wake_at: Option<u64>) {
        let mut parked = Parked {
            cell: self,
            run,
            over: false,
        };
        self.wait_below(path, true);
        let _asking = self.asking();
        let _timer = wake_at.map(|at| self.timer(at));
        let due = async {
            match wake_at {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        let answer = async {
            loop {
                let mut answered = std::pin::pin!(self.waiting.answered.notified());
                answered.as_mut().enable();
                if self.take_answer_below(path) {
                    return;
                }
                answered.await;
            }
        };
        tokio::select! {
            () = answer => {}
            () = due => {}
        }
        self.wait_below(path, false);
        parked.over = true;
    }

    /// Cancels the runs that it has called and that nobody waits for any more: their branches
    /// have lost, or this run ends without them.
    pub(super) async fn cancel_unreturned(&self) {
        let unreturned = std::mem::take(&mut *locked(&self.unreturned));
        for path in unreturned {
            let run = called_id(&self.id, &path);
            Box::pin(self.runtime.give_up(&run)).await;
        }
    }

    async fn record_return(
        &self,
        path: &Arc<str>,
        position: u32,
        run: &RunId,
        outcome: RunOutcome,
        begun: u64,
        around: &Around,
    ) -> Outcome {
        if let Some(error) = &outcome.error
            && &*error.code == code::LIMIT
        {
            // Their budget is one: this run is out of it as well, and it is no failure of the call.
            self.stop(Stop::Failed(Error::from_recorded(error.clone())));
            return std::future::pending().await;
        }
        let result = match (outcome.status, outcome.output, outcome.error) {
            (RunStatus::Completed, output, _) => Ok(output.unwrap_or_else(Json::null)),
            (_, _, Some(error)) => Err(failed_as(error, run, path)),
            (status, _, None) => {
                let problem = format!("run `{run}` is {status}");
                Err(Error::new(code::STEP, problem).permanent().at(path))
            }
        };
        let mut entry = Entry::new(EntryKind::Workflow, whole(path), position);
        entry.started_at = begun;
        entry.finished_at = now_micros();
        entry.events.push(Event {
            at: entry.finished_at,
            kind: EventKind::WorkflowReturned {
                path: path.clone(),
                run: run.clone(),
                status: outcome.status,
            },
        });
        match &result {
            Ok(output) => entry.output = Some(output.clone()),
            Err(error) => entry.error = Some(error.to_recorded()),
        }
        let error = result.as_ref().err();
        let mut entries = vec![entry];
        entries.extend(self.decisions_for(around, error));
        self.commit_or_stop(Writing {
            entries,
            unless: around.unless(),
            ..Writing::default()
        })
        .await;
        self.remember_decisions(around, error);
        result.map(|json| Reply::One { json, value: None })
    }

    /// Waits until the runs that it has called have written down how they end.
    pub(super) async fn called_are_over(&self, stop: &Stop) {
        let called = std::mem::take(&mut *locked(&self.called));
        for run in called {
            match stop {
                Stop::Cancelled => run.give_up(),
                Stop::Lost(_) => run.lose(),
                _ => run.interrupt(),
            }
            run.outcome().await;
        }
    }
}

/// The failure of a called run, as its caller sees it.
fn failed_as(mut error: agno_storage::RecordedError, run: &RunId, path: &Arc<str>) -> Error {
    if let Some(inner) = error.path.take() {
        error.message = format!("{} (in `{inner}` of run `{run}`)", error.message);
    }
    Error::from_recorded(error).at(path)
}

/// The id of a called run: the same after a crash.
fn called_id(run: &RunId, path: &str) -> RunId {
    let mut hasher = blake3::Hasher::new();
    hasher.update(run.as_str().as_bytes());
    hasher.update(b"/");
    hasher.update(path.as_bytes());
    let hash = hasher.finalize().to_hex();
    // The beginning shows whose it is, in a list sorted by id.
    let own: String = run.as_str().chars().take(40).collect();
    RunId::new(format!("{own}.{}", &hash[..12])).expect("letters and digits, 53 of them at most")
}
