//! A store that lags where a test wants it to, so that two things meet in the middle.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use agno::{
    Entry, EntryKind, RunId,
    storage::{Ack, BoxFuture, Commit, Layer, MemoryStorage, Storage, StoreResult},
};

/// A lag in milliseconds of the clock of tokio, which the tests have stopped.
#[derive(Default)]
pub(crate) struct Lag(AtomicU64);

impl Lag {
    pub(crate) fn set(&self, millis: u64) {
        self.0.store(millis, Ordering::SeqCst);
    }

    async fn wait(&self) {
        let millis = self.0.load(Ordering::SeqCst);
        if millis > 0 {
            tokio::time::sleep(Duration::from_millis(millis)).await;
        }
    }
}

/// Storage in memory with a lag here and there.
#[derive(Default)]
pub(crate) struct Lagging {
    storage: MemoryStorage,
    /// After a journal was read, before the reader has it.
    pub(crate) read: Lag,
    /// Before it is written that a run parks.
    pub(crate) park: Lag,
    /// Before it is written that a called run ended.
    pub(crate) end: Lag,
    /// Before an answer is written.
    pub(crate) answer: Lag,
    /// After it was, before who answers hears of it.
    pub(crate) answered: Lag,
}

impl fmt::Debug for Lagging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lagging").finish_non_exhaustive()
    }
}

impl Layer for Lagging {
    fn below(&self) -> &dyn Storage {
        &self.storage
    }

    fn commit(&self, commit: Commit) -> BoxFuture<'_, StoreResult<Ack>> {
        Box::pin(async move {
            let writes = |path| {
                commit
                    .entries
                    .iter()
                    .any(|entry| entry.path.starts_with(path))
            };
            let writes_an = |kind| commit.entries.iter().any(|entry| entry.kind == kind);
            if writes("@parked") {
                self.park.wait().await;
            }
            if writes("@ended") && commit.run.as_str().contains('.') {
                self.end.wait().await;
            }
            let answers = writes_an(EntryKind::Answer);
            if answers {
                self.answer.wait().await;
            }
            let written = self.storage.commit(commit).await;
            if answers && written.is_ok() {
                self.answered.wait().await;
            }
            written
        })
    }

    fn journal<'a>(&'a self, id: &'a RunId, from: u64) -> BoxFuture<'a, StoreResult<Vec<Entry>>> {
        Box::pin(async move {
            let read = self.storage.journal(id, from).await;
            self.read.wait().await;
            read
        })
    }
}
