//! A store that ends the world after so many commits: for tests of what survives.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use agno_storage::{
    Ack, BoxFuture, Commit, Layer, RunInput, RunRecord, RunStatus, Storage, StoreResult,
};

/// A store that calls `crash` right after its n-th commit is durable, before anybody hears of it.
/// If `crash` returns, that commit and all later ones are never acknowledged.
///
/// That a run is there and nothing of it yet, as when it has just been started, does not count as a commit.
pub struct CrashAfter {
    storage: Arc<dyn Storage>,
    left: AtomicU64,
    crashed: AtomicBool,
    crash: Box<dyn Fn() + Send + Sync>,
}

impl CrashAfter {
    /// Crashes after `commits` of them; with none, after the creation of a run.
    pub fn new(
        storage: Arc<dyn Storage>,
        commits: u64,
        crash: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        Self {
            storage,
            left: AtomicU64::new(commits),
            crashed: AtomicBool::new(false),
            crash: Box::new(crash),
        }
    }
}

impl fmt::Debug for CrashAfter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CrashAfter")
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}

impl Layer for CrashAfter {
    fn below(&self) -> &dyn Storage {
        &*self.storage
    }

    fn commit(&self, commit: Commit) -> BoxFuture<'_, StoreResult<Ack>> {
        Box::pin(async move {
            if self.crashed.load(Ordering::SeqCst) {
                return std::future::pending().await;
            }
            let counts = !is_creation_alone(&commit);
            let ack = self.storage.commit(commit).await?;
            let was_last = if counts {
                let lower = |left: u64| Some(left.saturating_sub(1));
                let before = self
                    .left
                    .fetch_update(Ordering::SeqCst, Ordering::SeqCst, lower);
                before.is_ok_and(|left| left <= 1)
            } else {
                self.left.load(Ordering::SeqCst) == 0
            };
            if !was_last {
                return Ok(ack);
            }
            if !self.crashed.swap(true, Ordering::SeqCst) {
                (self.crash)();
            }
            std::future::pending().await
        })
    }
}

fn is_creation_alone(commit: &Commit) -> bool {
    let is_started = |creation: &(RunRecord, RunInput)| creation.0.status == RunStatus::Running;
    commit.create.as_deref().is_some_and(is_started)
        && commit.entries.is_empty()
        && commit.state.is_none()
}
