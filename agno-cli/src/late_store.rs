//! A store that is opened once it is known which, and that it is needed.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use agno_core::{
    Entry, Json, RunId, RunQuery, RunRecord,
    storage::{
        Ack, ArtifactListing, BoxFuture, CacheEntry, CacheKey, CacheListing, CacheQuery, Commit,
        Compacted, Definition, DueRuns, Holder, Imported, Portable, Request, RequestQuery,
        RunInput, SessionFields, SessionKey, SessionListing, Storage, StoreError, StoreResult,
        StoreStats, VerifyReport,
    },
};

/// Stands for the store while the runtime is put together: schemas are needed to read the command
/// line, and bad input must not so much as make a directory.
#[derive(Debug, Default)]
pub(crate) struct LateStore(OnceLock<Arc<dyn Storage>>);

impl LateStore {
    /// Uses this store from now on. The first one stays.
    pub(crate) fn set(&self, storage: Arc<dyn Storage>) {
        self.0.get_or_init(|| storage);
    }

    fn get(&self) -> StoreResult<&Arc<dyn Storage>> {
        self.0.get().ok_or(StoreError::Closed)
    }
}

impl Storage for LateStore {
    fn commit(&self, commit: Commit) -> BoxFuture<'_, StoreResult<Ack>> {
        Box::pin(async move { self.get()?.commit(commit).await })
    }

    fn run<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<Option<RunRecord>>> {
        Box::pin(async move { self.get()?.run(id).await })
    }

    fn input<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<Option<RunInput>>> {
        Box::pin(async move { self.get()?.input(id).await })
    }

    fn output<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<Option<Json>>> {
        Box::pin(async move { self.get()?.output(id).await })
    }

    fn runs(&self, query: RunQuery) -> BoxFuture<'_, StoreResult<Vec<RunRecord>>> {
        Box::pin(async move { self.get()?.runs(query).await })
    }

    fn journal<'a>(
        &'a self,
        id: &'a RunId,
        from_seq: u64,
    ) -> BoxFuture<'a, StoreResult<Vec<Entry>>> {
        Box::pin(async move { self.get()?.journal(id, from_seq).await })
    }

    fn requests(&self, query: RequestQuery) -> BoxFuture<'_, StoreResult<Vec<Request>>> {
        Box::pin(async move { self.get()?.requests(query).await })
    }

    fn delete_run<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<bool>> {
        Box::pin(async move { self.get()?.delete_run(id).await })
    }

    fn lease(&self) -> Option<Duration> {
        self.0.get().and_then(|storage| storage.lease())
    }

    fn renew(&self, held: Vec<(RunId, u64)>) -> BoxFuture<'_, StoreResult<Vec<RunId>>> {
        Box::pin(async move { self.get()?.renew(held).await })
    }

    fn release(&self, held: Vec<(RunId, u64)>) -> BoxFuture<'_, StoreResult<()>> {
        Box::pin(async move { self.get()?.release(held).await })
    }

    fn holders(&self, runs: Vec<RunId>) -> BoxFuture<'_, StoreResult<Vec<Holder>>> {
        Box::pin(async move { self.get()?.holders(runs).await })
    }

    fn due(&self, now: u64, limit: usize) -> BoxFuture<'_, StoreResult<DueRuns>> {
        Box::pin(async move { self.get()?.due(now, limit).await })
    }

    fn changed(&self) -> BoxFuture<'_, ()> {
        match self.0.get() {
            Some(storage) => storage.changed(),
            None => Box::pin(std::future::pending()),
        }
    }

    fn begin_flight<'a>(
        &'a self,
        key: CacheKey,
        holder: &'a str,
        lease: Duration,
    ) -> BoxFuture<'a, StoreResult<bool>> {
        Box::pin(async move { self.get()?.begin_flight(key, holder, lease).await })
    }

    fn end_flight<'a>(&'a self, key: CacheKey, holder: &'a str) -> BoxFuture<'a, StoreResult<()>> {
        Box::pin(async move { self.get()?.end_flight(key, holder).await })
    }

    fn sessions(&self) -> BoxFuture<'_, StoreResult<Vec<SessionListing>>> {
        Box::pin(async move { self.get()?.sessions().await })
    }

    fn put_artifact(&self, bytes: Vec<u8>) -> BoxFuture<'_, StoreResult<Arc<str>>> {
        Box::pin(async move { self.get()?.put_artifact(bytes).await })
    }

    fn artifact_size<'a>(&'a self, hash: &'a str) -> BoxFuture<'a, StoreResult<Option<u64>>> {
        Box::pin(async move { self.get()?.artifact_size(hash).await })
    }

    fn artifacts<'a>(
        &'a self,
        prefix: &'a str,
    ) -> BoxFuture<'a, StoreResult<Vec<ArtifactListing>>> {
        Box::pin(async move { self.get()?.artifacts(prefix).await })
    }

    fn artifact<'a>(&'a self, hash: &'a str) -> BoxFuture<'a, StoreResult<Option<Vec<u8>>>> {
        Box::pin(async move { self.get()?.artifact(hash).await })
    }

    fn session<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, StoreResult<SessionFields>> {
        Box::pin(async move { self.get()?.session(key).await })
    }

    fn cached(&self, key: CacheKey, now: u64) -> BoxFuture<'_, StoreResult<Option<CacheEntry>>> {
        Box::pin(async move { self.get()?.cached(key, now).await })
    }

    fn cache_list(&self, query: CacheQuery) -> BoxFuture<'_, StoreResult<Vec<CacheListing>>> {
        Box::pin(async move { self.get()?.cache_list(query).await })
    }

    fn cache_clear(&self, query: CacheQuery) -> BoxFuture<'_, StoreResult<u64>> {
        Box::pin(async move { self.get()?.cache_clear(query).await })
    }

    fn save_definition<'a>(
        &'a self,
        kind: &'a str,
        name: &'a str,
        body: Json,
        expected: Option<u32>,
    ) -> BoxFuture<'a, StoreResult<u32>> {
        Box::pin(async move {
            let storage = self.get()?;
            storage.save_definition(kind, name, body, expected).await
        })
    }

    fn definition<'a>(
        &'a self,
        kind: &'a str,
        name: &'a str,
        version: Option<u32>,
    ) -> BoxFuture<'a, StoreResult<Option<Definition>>> {
        Box::pin(async move { self.get()?.definition(kind, name, version).await })
    }

    fn definitions<'a>(&'a self, kind: &'a str) -> BoxFuture<'a, StoreResult<Vec<Definition>>> {
        Box::pin(async move { self.get()?.definitions(kind).await })
    }

    fn cache_shrink(&self, bytes: u64) -> BoxFuture<'_, StoreResult<u64>> {
        Box::pin(async move { self.get()?.cache_shrink(bytes).await })
    }

    fn definition_kinds(&self) -> BoxFuture<'_, StoreResult<Vec<Arc<str>>>> {
        Box::pin(async move { self.get()?.definition_kinds().await })
    }

    fn import(&self, piece: Portable) -> BoxFuture<'_, StoreResult<Imported>> {
        Box::pin(async move { self.get()?.import(piece).await })
    }

    fn stats(&self) -> BoxFuture<'_, StoreResult<StoreStats>> {
        Box::pin(async move { self.get()?.stats().await })
    }

    fn compact(&self) -> BoxFuture<'_, StoreResult<Compacted>> {
        Box::pin(async move { self.get()?.compact().await })
    }

    fn verify(&self) -> BoxFuture<'_, StoreResult<VerifyReport>> {
        Box::pin(async move { self.get()?.verify().await })
    }

    fn location(&self) -> String {
        self.0
            .get()
            .map_or_else(|| "not open".to_owned(), |storage| storage.location())
    }

    fn close(&self) -> BoxFuture<'_, StoreResult<()>> {
        Box::pin(async move {
            match self.0.get() {
                Some(storage) => storage.close().await,
                None => Ok(()),
            }
        })
    }
}
