//! A store that lags where a test wants it to, so that two things meet in the middle.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use agno::{
    Entry, Json, Request, RequestQuery, RunId, RunQuery, RunRecord,
    storage::{
        Ack, ArtifactListing, BoxFuture, CacheEntry, CacheKey, CacheListing, CacheQuery, Commit,
        Definition, MemoryStorage, RunInput, SessionFields, SessionKey, SessionListing, Storage,
        StoreResult, VerifyReport,
    },
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
}

impl fmt::Debug for Lagging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lagging").finish_non_exhaustive()
    }
}

impl Storage for Lagging {
    fn commit(&self, commit: Commit) -> BoxFuture<'_, StoreResult<Ack>> {
        Box::pin(async move {
            let writes = |path| {
                commit
                    .entries
                    .iter()
                    .any(|entry| entry.path.starts_with(path))
            };
            if writes("@parked") {
                self.park.wait().await;
            }
            if writes("@ended") && commit.run.as_str().contains('.') {
                self.end.wait().await;
            }
            self.storage.commit(commit).await
        })
    }

    fn journal<'a>(&'a self, id: &'a RunId, from: u64) -> BoxFuture<'a, StoreResult<Vec<Entry>>> {
        Box::pin(async move {
            let read = self.storage.journal(id, from).await;
            self.read.wait().await;
            read
        })
    }

    fn run<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<Option<RunRecord>>> {
        self.storage.run(id)
    }

    fn input<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<Option<RunInput>>> {
        self.storage.input(id)
    }

    fn output<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<Option<Json>>> {
        self.storage.output(id)
    }

    fn runs(&self, query: RunQuery) -> BoxFuture<'_, StoreResult<Vec<RunRecord>>> {
        self.storage.runs(query)
    }

    fn requests(&self, query: RequestQuery) -> BoxFuture<'_, StoreResult<Vec<Request>>> {
        self.storage.requests(query)
    }

    fn delete_run<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<bool>> {
        self.storage.delete_run(id)
    }

    fn sessions(&self) -> BoxFuture<'_, StoreResult<Vec<SessionListing>>> {
        self.storage.sessions()
    }

    fn put_artifact(&self, bytes: Vec<u8>) -> BoxFuture<'_, StoreResult<Arc<str>>> {
        self.storage.put_artifact(bytes)
    }

    fn artifact_size<'a>(&'a self, hash: &'a str) -> BoxFuture<'a, StoreResult<Option<u64>>> {
        self.storage.artifact_size(hash)
    }

    fn artifacts<'a>(
        &'a self,
        prefix: &'a str,
    ) -> BoxFuture<'a, StoreResult<Vec<ArtifactListing>>> {
        self.storage.artifacts(prefix)
    }

    fn artifact<'a>(&'a self, hash: &'a str) -> BoxFuture<'a, StoreResult<Option<Vec<u8>>>> {
        self.storage.artifact(hash)
    }

    fn session<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, StoreResult<SessionFields>> {
        self.storage.session(key)
    }

    fn cached(&self, key: CacheKey, now: u64) -> BoxFuture<'_, StoreResult<Option<CacheEntry>>> {
        self.storage.cached(key, now)
    }

    fn cache_list(&self, query: CacheQuery) -> BoxFuture<'_, StoreResult<Vec<CacheListing>>> {
        self.storage.cache_list(query)
    }

    fn cache_clear(&self, query: CacheQuery) -> BoxFuture<'_, StoreResult<u64>> {
        self.storage.cache_clear(query)
    }

    fn save_definition<'a>(
        &'a self,
        kind: &'a str,
        name: &'a str,
        body: Json,
        expected: Option<u32>,
    ) -> BoxFuture<'a, StoreResult<u32>> {
        self.storage.save_definition(kind, name, body, expected)
    }

    fn definition<'a>(
        &'a self,
        kind: &'a str,
        name: &'a str,
        version: Option<u32>,
    ) -> BoxFuture<'a, StoreResult<Option<Definition>>> {
        self.storage.definition(kind, name, version)
    }

    fn definitions<'a>(&'a self, kind: &'a str) -> BoxFuture<'a, StoreResult<Vec<Definition>>> {
        self.storage.definitions(kind)
    }

    fn verify(&self) -> BoxFuture<'_, StoreResult<VerifyReport>> {
        self.storage.verify()
    }

    fn location(&self) -> String {
        self.storage.location()
    }

    fn close(&self) -> BoxFuture<'_, StoreResult<()>> {
        self.storage.close()
    }
}
