//! Takes paused runs up again when their time has come: a timer ends, or that of a question.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicBool, Ordering},
    },
};

use agno_storage::{RunId, RunStatus};
use tokio::sync::Notify;

use super::{Inner, Runtime, people::is_faster_elsewhere};
use crate::{clock::now_micros, engine::sleep_until, sync::locked};

/// The paused runs of this runtime that go on by themselves, by time.
#[derive(Default)]
pub(super) struct Due {
    at: Mutex<BTreeSet<(u64, RunId)>>,
    changed: Notify,
    keeping: AtomicBool,
}

impl Due {
    fn first(&self) -> Option<u64> {
        locked(&self.at).first().map(|(at, _)| *at)
    }

    fn take(&self, now: u64) -> Vec<RunId> {
        let mut at = locked(&self.at);
        let mut due = Vec::new();
        while let Some((first, _)) = at.first()
            && *first <= now
        {
            due.extend(at.pop_first().map(|(_, run)| run));
        }
        due
    }
}

impl Runtime {
    /// Takes the run up at this time, as long as this runtime lives.
    pub(super) fn wake(&self, run: &RunId, at: u64) {
        let due = &self.0.shared.due;
        locked(&due.at).insert((at, run.clone()));
        due.changed.notify_one();
        if !due.keeping.swap(true, Ordering::AcqRel) {
            tokio::spawn(keep(Arc::downgrade(&self.0)));
        }
    }

    /// A run that still waits for its time.
    async fn wake_now(&self, run: &RunId) {
        let record = match self.storage().run(run).await {
            Ok(Some(record)) => record,
            Ok(None) => return,
            Err(error) => return tracing::warn!(%run, %error, "not taken up in time"),
        };
        let is_due = record.wake_at.is_some_and(|at| at <= now_micros());
        if record.status == RunStatus::Paused
            && is_due
            && let Err(error) = self.take_up(run).await
            && !is_faster_elsewhere(&error)
        {
            tracing::warn!(%run, %error, "not taken up in time");
        }
    }
}

async fn keep(runtime: Weak<Inner>) {
    loop {
        let Some(inner) = runtime.upgrade() else {
            return;
        };
        let shared = inner.shared.clone();
        drop(inner);
        let next = shared.due.first();
        tokio::select! {
            () = shared.due.changed.notified() => continue,
            () = async {
                match next {
                    Some(at) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            } => {}
        }
        let Some(inner) = runtime.upgrade() else {
            return;
        };
        let runtime = Runtime(inner);
        for run in shared.due.take(now_micros()) {
            runtime.wake_now(&run).await;
        }
    }
}
