//! Polls the flow of a run to its end, and records how it ended.

use std::{
    future::poll_fn,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    task::Poll,
    time::Instant,
};

use agno_storage::{
    BoxFuture, Entry, Event, EventError, EventKind, Json, RunId, RunStatus, RunUpdate,
};
use futures_util::FutureExt;

use super::{
    around::Around,
    cell::{RunCell, locked},
    commit::Writing,
    stop::Stop,
};
use crate::{
    clock::now_micros,
    error::{Error, code},
    flow::Handle,
    registry::FlowRun,
    value::Produced,
};

/// How a run ended, here.
#[derive(Debug)]
pub(crate) struct Ending {
    /// `Running` when the run is not over: interrupted, or lost to another owner.
    pub(crate) status: RunStatus,
    pub(crate) produced: Option<Produced>,
    pub(crate) error: Option<Error>,
    /// Of a paused run: when it is to be taken up again by itself.
    pub(crate) wake_at: Option<u64>,
    /// The run that goes on in its place.
    pub(crate) continued_as: Option<RunId>,
}

impl Ending {
    fn new(status: RunStatus) -> Self {
        Self {
            status,
            produced: None,
            error: None,
            wake_at: None,
            continued_as: None,
        }
    }

    /// A new run goes on.
    pub(super) fn continued(next: RunId) -> Self {
        Self {
            continued_as: Some(next),
            ..Self::new(RunStatus::Completed)
        }
    }

    /// The run is not over; somebody may resume it.
    pub(super) fn released(error: Error) -> Self {
        Self {
            error: Some(error),
            ..Self::new(RunStatus::Running)
        }
    }

    /// The run waits for people.
    pub(super) fn paused(error: Error, wake_at: Option<u64>) -> Self {
        Self {
            error: Some(error),
            wake_at,
            ..Self::new(RunStatus::Paused)
        }
    }
}

enum Turn {
    Returned(Result<Produced, Error>),
    Stopped(Stop),
    /// Nothing goes on until a person has answered.
    Idle,
}

/// Runs the flow of a run to its end.
pub(crate) async fn drive(cell: Arc<RunCell>, input: Json) -> Ending {
    let begun = Instant::now();
    *locked(&cell.begun) = Some(begun);
    if let Some(error) = cell.begin_budget() {
        return cell.end_failed(error).await;
    }
    let ending = turns(&cell, input).await;
    cell.end_budget();
    ending
}

async fn turns(cell: &Arc<RunCell>, input: Json) -> Ending {
    let mut flow = begin(cell, input);
    let mut lease = std::pin::pin!(cell.end_with_lease());
    loop {
        match poll_flow(cell, &mut flow, lease.as_mut()).await {
            Turn::Returned(result) => {
                drop(flow);
                cell.cancel_unreturned().await;
                return cell.end(result).await;
            }
            Turn::Stopped(stop) => {
                drop(flow);
                if matches!(stop, Stop::Failed(_) | Stop::Cancelled | Stop::Continued(_)) {
                    cell.cancel_unreturned().await;
                }
                return cell.end_stopped(stop).await;
            }
            Turn::Idle => {
                if let Some(ending) = cell.park().await {
                    return ending;
                }
            }
        }
    }
}

fn begin(cell: &Arc<RunCell>, input: Json) -> BoxFuture<'static, Result<Produced, Error>> {
    let flow = cell.registered.entry();
    match &flow.run {
        FlowRun::Body(body) => {
            let handle = Handle::new(cell, Arc::from(""));
            body(handle, input)
        }
        FlowRun::Chain(_) => Box::pin(cell.clone().run_chain(input)),
    }
}

async fn poll_flow(
    cell: &Arc<RunCell>,
    flow: &mut BoxFuture<'static, Result<Produced, Error>>,
    mut lease: Pin<&mut impl Future<Output = ()>>,
) -> Turn {
    let mut future = AssertUnwindSafe(flow).catch_unwind();
    poll_fn(|cx| {
        cell.waker.register(cx.waker());
        // It stops the run, and is pending for ever then.
        let _ = lease.as_mut().poll(cx);
        if let Some(stop) = cell.take_stop() {
            return Poll::Ready(Turn::Stopped(stop));
        }
        let polled = cell.polled(|| future.poll_unpin(cx));
        // A reason to stop comes before a result: the flow may have seen what it should not.
        if let Some(stop) = cell.take_stop() {
            return Poll::Ready(Turn::Stopped(stop));
        }
        match polled {
            Poll::Ready(Ok(result)) => Poll::Ready(Turn::Returned(result)),
            Poll::Ready(Err(payload)) => {
                Poll::Ready(Turn::Returned(Err(crate::registry::panicked(&*payload))))
            }
            Poll::Pending if cell.is_idle() => Poll::Ready(Turn::Idle),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// Why a run is cancelled: by somebody, or because its caller does not wait for it any more.
pub(crate) fn cancelled(given_up: bool) -> Error {
    let (code, words) = match given_up {
        true => (
            code::GIVEN_UP,
            "the run that called it does not wait for it any more",
        ),
        false => (code::CANCELLED, "the run was cancelled"),
    };
    Error::new(code, words).permanent()
}

impl RunCell {
    async fn end(&self, result: Result<Produced, Error>) -> Ending {
        if let Some(error) = self.unasked() {
            return self.end_failed(error).await;
        }
        match result {
            Ok(produced) if self.ended.load(Ordering::Acquire) => Ending {
                produced: Some(produced),
                ..Ending::new(RunStatus::Completed)
            },
            Ok(produced) => {
                let mut entry = self.marker("ended");
                let update = self.ending(&mut entry, &produced.json);
                match self.end_with(entry, update).await {
                    Ok(()) => Ending {
                        produced: Some(produced),
                        ..Ending::new(RunStatus::Completed)
                    },
                    Err(ending) => ending,
                }
            }
            Err(error) => self.end_failed(error).await,
        }
    }

    /// Something is recorded that the flow did not ask for.
    pub(super) fn unasked(&self) -> Option<Error> {
        if !self.replaying() {
            return None;
        }
        let recorded = locked(&self.recorded);
        let left = recorded.left_over()?;
        let place = left
            .place
            .as_ref()
            .map(|place| format!(" (at {place})"))
            .unwrap_or_default();
        let problem = format!(
            "drift: the run recorded `{}`{place}, and the flow ended without asking for it. \
             Restore what this run has done, or start a new run",
            left.path
        );
        Some(Error::new(code::DRIFT, problem).permanent())
    }

    async fn end_stopped(&self, stop: Stop) -> Ending {
        self.called_are_over(&stop).await;
        match stop {
            Stop::Failed(error) => self.end_failed(error).await,
            Stop::Cancelled => {
                let error = cancelled(self.given_up.load(Ordering::Acquire));
                self.end_as(RunStatus::Cancelled, error).await
            }
            Stop::Interrupted => match self.create().await {
                // What rides on no commit yet is told again by the resumed run.
                Ok(()) => {
                    Ending::released(Error::new(code::INTERRUPTED, "the run was interrupted"))
                }
                Err(error) => Ending::released(Error::from(error)),
            },
            Stop::Continued(input) => self.end_continued(input).await,
            Stop::Lost(error) => Ending::released(error),
        }
    }

    pub(super) async fn end_failed(&self, error: Error) -> Ending {
        self.end_as(RunStatus::Failed, error).await
    }

    async fn end_as(&self, status: RunStatus, error: Error) -> Ending {
        let mut entry = self.marker("ended");
        let recorded = error.to_recorded();
        let at = now_micros();
        let brief = (status == RunStatus::Failed).then(|| EventError::from(&recorded));
        entry.finished_at = at;
        entry.events.push(Event {
            at,
            kind: EventKind::RunEnded {
                status,
                error: brief,
            },
        });
        let update = RunUpdate {
            error: Some(recorded),
            active_micros: self.active_micros(),
            ..RunUpdate::new(status, at)
        };
        match self.end_with(entry, update).await {
            Ok(()) => Ending {
                error: Some(error),
                ..Ending::new(status)
            },
            Err(mut ending) => {
                // The first failure is the one to tell.
                ending.error = Some(error);
                ending
            }
        }
    }

    async fn end_with(&self, entry: Entry, update: RunUpdate) -> Result<(), Ending> {
        let writing = Writing {
            entries: vec![entry],
            update: Some(Box::new(update)),
            ..Writing::default()
        };
        match self.commit(writing).await {
            Ok(_) => Ok(()),
            Err(error) => Err(Ending::released(Error::from(error))),
        }
    }

    /// The end of a completed run, riding on an entry. Its commit has to say
    /// [`ended_by`](Self::ended_by) when it is durable.
    pub(super) fn ending(&self, entry: &mut Entry, output: &Json) -> RunUpdate {
        let at = now_micros();
        entry.finished_at = entry.finished_at.max(at);
        let status = RunStatus::Completed;
        entry.events.push(Event {
            at,
            kind: EventKind::RunEnded {
                status,
                error: None,
            },
        });
        RunUpdate {
            output: Some(output.clone()),
            active_micros: self.active_micros(),
            ..RunUpdate::new(status, at)
        }
    }

    /// The commit of this operation has ended the run, if it was the last of a chain.
    pub(super) fn ended_by(&self, around: &Around) {
        if around.last {
            self.ended.store(true, Ordering::Release);
        }
    }

    pub(super) fn active_micros(&self) -> u64 {
        let begun = *locked(&self.begun);
        begun.map_or(0, |begun| {
            u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX)
        })
    }
}
