//! A store that ends the world after so many commits: for tests of what survives.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use agno_storage::{Ack, BoxFuture, Commit, Layer, Storage, StoreResult};

/// A store that calls `crash` right after its n-th commit is durable, before anybody hears of it.
/// If `crash` returns, that commit and all later ones are never acknowledged.
pub struct CrashAfter {
    storage: Arc<dyn Storage>,
    left: AtomicU64,
    crash: Box<dyn Fn() + Send + Sync>,
}

impl CrashAfter {
    /// Crashes after `commits` of them; at least one.
    pub fn new(
        storage: Arc<dyn Storage>,
        commits: u64,
        crash: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        Self {
            storage,
            left: AtomicU64::new(commits.max(1)),
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
            let lower = |left: u64| left.checked_sub(1);
            if self.left.load(Ordering::SeqCst) == 0 {
                return std::future::pending().await;
            }
            let ack = self.storage.commit(commit).await?;
            match self
                .left
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, lower)
            {
                Ok(1) => {
                    (self.crash)();
                    std::future::pending().await
                }
                Ok(_) => Ok(ack),
                Err(_) => std::future::pending().await,
            }
        })
    }
}
