//! For how long this process is surely the run's owner, in a store that several share.

use std::{
    sync::{Mutex, atomic::Ordering},
    time::Duration,
};

use agno_storage::{RunId, StoreError};
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

use super::cell::{RunCell, locked};
use super::stop::Stop;
use crate::error::{Error, code};

/// What the store has granted.
pub(super) struct Lease {
    length: Duration,
    /// When the last commit or renewal was sent that the store has acknowledged: the lease ends no
    /// earlier than its length after that.
    since: Mutex<Instant>,
    renewed: Notify,
}

impl Lease {
    pub(super) fn new(length: Duration, since: Instant) -> Self {
        Self {
            length,
            since: Mutex::new(since),
            renewed: Notify::new(),
        }
    }

    fn left(&self) -> Duration {
        let end = *locked(&self.since) + self.length;
        end.saturating_duration_since(Instant::now())
    }

    /// Enough to begin a step with.
    fn is_long(&self) -> bool {
        self.left() >= self.length / 3
    }
}

impl RunCell {
    /// The run with its fence, if it is in the store.
    pub(crate) fn held(&self) -> Option<(RunId, u64)> {
        let is_there = self.created.load(Ordering::Acquire);
        is_there.then(|| (self.id.clone(), self.fence.load(Ordering::Acquire)))
    }

    /// The store has taken this process for the owner at this time, or later.
    pub(crate) fn renewed(&self, sent: Instant) {
        let Some(lease) = &self.lease else {
            return;
        };
        let mut since = locked(&lease.since);
        if *since < sent {
            *since = sent;
            drop(since);
            lease.renewed.notify_waiters();
        }
    }

    /// Whether a step may begin: it might go on while another process takes the run.
    pub(super) fn may_begin(&self) -> bool {
        let Some(lease) = &self.lease else {
            return true;
        };
        !self.created.load(Ordering::Acquire) || lease.is_long()
    }

    /// Resolves when a step may begin.
    pub(super) async fn until_it_may_begin(&self) {
        let Some(lease) = &self.lease else {
            return;
        };
        loop {
            let mut renewed = std::pin::pin!(lease.renewed.notified());
            renewed.as_mut().enable();
            if self.may_begin() {
                return;
            }
            renewed.await;
        }
    }

    /// Stops the run before its lease can have ended elsewhere. Does not resolve.
    pub(super) async fn end_with_lease(&self) {
        let Some(lease) = &self.lease else {
            return std::future::pending().await;
        };
        loop {
            let margin = lease.length / 12;
            let left = lease.left().saturating_sub(margin);
            if !left.is_zero() {
                sleep_until(Instant::now() + left).await;
            } else if self.created.load(Ordering::Acquire) {
                let problem = "its lease could not be renewed: the store did not answer in time";
                self.lose(Error::new(code::TAKEN_OVER, problem));
                return std::future::pending().await;
            } else {
                // Nobody else can know of it.
                *locked(&lease.since) = Instant::now();
            }
        }
    }

    /// Another process has taken the run.
    pub(crate) fn taken_over(&self) {
        let problem = format!("run `{}` was taken over by another process", self.id);
        self.lose(Error::new(code::TAKEN_OVER, problem));
    }

    /// Stops the run at once: this process may not be its owner any more.
    pub(crate) fn lose(&self, error: Error) {
        self.stop(Stop::Lost(error));
    }

    /// What a called run could not be begun or taken up for is no failure of the call, if it is the
    /// store's. Does not resolve then.
    pub(super) async fn not_the_stores(&self, error: Error) -> Error {
        match error.store_error() {
            Some(StoreError::RunNotFound { .. } | StoreError::InvalidName { .. }) | None => error,
            Some(of_store) => self.refused(of_store.clone()).await,
        }
    }
}
