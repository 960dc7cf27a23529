//! A store that ends the world after so many commits: for tests of what survives.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use agno_storage::{
    Ack, ArtifactListing, BoxFuture, CacheEntry, CacheKey, CacheListing, CacheQuery, Commit,
    Compacted, Definition, DueRuns, Entry, Holder, Imported, Json, Portable, Request, RequestQuery,
    RunId, RunInput, RunQuery, RunRecord, SessionFields, SessionKey, SessionListing, Storage,
    StoreResult, StoreStats, VerifyReport,
};

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

impl Storage for CrashAfter {
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

    fn journal<'a>(
        &'a self,
        id: &'a RunId,
        from_seq: u64,
    ) -> BoxFuture<'a, StoreResult<Vec<Entry>>> {
        self.storage.journal(id, from_seq)
    }

    fn requests(&self, query: RequestQuery) -> BoxFuture<'_, StoreResult<Vec<Request>>> {
        self.storage.requests(query)
    }

    fn delete_run<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<bool>> {
        self.storage.delete_run(id)
    }

    fn lease(&self) -> Option<Duration> {
        self.storage.lease()
    }

    fn renew(&self, held: Vec<(RunId, u64)>) -> BoxFuture<'_, StoreResult<Vec<RunId>>> {
        self.storage.renew(held)
    }

    fn release(&self, held: Vec<(RunId, u64)>) -> BoxFuture<'_, StoreResult<()>> {
        self.storage.release(held)
    }

    fn holders(&self, runs: Vec<RunId>) -> BoxFuture<'_, StoreResult<Vec<Holder>>> {
        self.storage.holders(runs)
    }

    fn due(&self, now: u64, limit: usize) -> BoxFuture<'_, StoreResult<DueRuns>> {
        self.storage.due(now, limit)
    }

    fn changed(&self) -> BoxFuture<'_, ()> {
        self.storage.changed()
    }

    fn begin_flight<'a>(
        &'a self,
        key: CacheKey,
        holder: &'a str,
        lease: Duration,
    ) -> BoxFuture<'a, StoreResult<bool>> {
        self.storage.begin_flight(key, holder, lease)
    }

    fn end_flight<'a>(&'a self, key: CacheKey, holder: &'a str) -> BoxFuture<'a, StoreResult<()>> {
        self.storage.end_flight(key, holder)
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

    fn cache_shrink(&self, bytes: u64) -> BoxFuture<'_, StoreResult<u64>> {
        self.storage.cache_shrink(bytes)
    }

    fn definition_kinds(&self) -> BoxFuture<'_, StoreResult<Vec<Arc<str>>>> {
        self.storage.definition_kinds()
    }

    fn import(&self, piece: Portable) -> BoxFuture<'_, StoreResult<Imported>> {
        self.storage.import(piece)
    }

    fn stats(&self) -> BoxFuture<'_, StoreResult<StoreStats>> {
        self.storage.stats()
    }

    fn compact(&self) -> BoxFuture<'_, StoreResult<Compacted>> {
        self.storage.compact()
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
