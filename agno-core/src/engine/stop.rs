//! How a run stops before its flow returns: cancelled, interrupted, continued, failed, or with its store lost.

use std::sync::atomic::Ordering;

use super::cell::{RunCell, locked};
use crate::{Json, error::Error};

/// Why a run stops without its flow having returned.
#[derive(Debug)]
pub(crate) enum Stop {
    /// `cancel`.
    Cancelled,
    /// `interrupt`: between two steps, to be resumed.
    Interrupted,
    /// A new run goes on with this input.
    Continued(Json),
    /// The run cannot go on: drift, misuse, state that does not fit.
    Failed(Error),
    /// The store does not take anything more, or not from this owner.
    Lost(Error),
}

impl RunCell {
    /// Stops the run: the flow is dropped at its next turn. The first reason counts.
    pub(crate) fn stop(&self, stop: Stop) {
        locked(&self.stop).get_or_insert(stop);
        self.stopped.store(true, Ordering::Release);
        self.waker.wake();
    }

    pub(super) fn take_stop(&self) -> Option<Stop> {
        if self.stopped.load(Ordering::Acquire) {
            locked(&self.stop).take()
        } else {
            None
        }
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// Cancels it because its caller does not wait for it any more.
    pub(crate) fn give_up_run(&self) {
        self.given_up.store(true, Ordering::Release);
        self.cancel();
    }

    pub(crate) fn cancel(&self) {
        self.cancellation.cancel();
        self.stop(Stop::Cancelled);
    }

    /// Stops once the steps that run now are recorded.
    pub(crate) fn interrupt(&self) {
        self.interrupted.store(true, Ordering::SeqCst);
        self.interruption.cancel();
        for called in &*locked(&self.called) {
            called.interrupt();
        }
        if self.bodies.load(Ordering::SeqCst) == 0 {
            self.stop(Stop::Interrupted);
        }
    }

    /// A run that it has called has stopped as it was asked to: so does this one, once the steps
    /// that run now are recorded. A step's body that waits for the called run never is.
    pub(super) fn called_was_interrupted(&self, in_body: bool) {
        if in_body || self.bodies.load(Ordering::SeqCst) == 0 {
            self.stop(Stop::Interrupted);
        }
    }

    pub(super) fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::SeqCst)
    }

    /// Waits for something that an interruption need not wait for: a pause before the next attempt,
    /// another run's result. Does not resolve once the run is interrupted.
    pub(super) async fn unless_interrupted<T>(
        &self,
        body: &mut Option<Body<'_>>,
        wait: impl Future<Output = T>,
    ) -> T {
        tokio::select! {
            biased;
            () = self.interruption.cancelled() => {
                drop(body.take());
                std::future::pending().await
            }
            done = wait => done,
        }
    }

    /// Counts a step's body, until the answer is dropped. `None` when nothing more may begin.
    pub(super) fn enter_body(&self) -> Option<Body<'_>> {
        self.bodies.fetch_add(1, Ordering::SeqCst);
        let body = Body(self);
        if self.interrupted.load(Ordering::SeqCst) {
            None
        } else {
            Some(body)
        }
    }
}

/// A step's body that runs.
pub(super) struct Body<'a>(&'a RunCell);

impl Drop for Body<'_> {
    fn drop(&mut self) {
        let last = self.0.bodies.fetch_sub(1, Ordering::SeqCst) == 1;
        if last && self.0.interrupted.load(Ordering::SeqCst) {
            self.0.stop(Stop::Interrupted);
        }
    }
}
