//! The store in a PostgreSQL database, which many processes share.
//!
//! Runs, journals and all else are rows; a commit is one statement ([`write`], and [`commit`] says why that
//! is enough; [`group`] writes several in one). A process that works on a run has a lease on it, by the database's clock ([`leases`]).
//!
//! What is acknowledged is as durable as the server makes it: on disk, unless somebody has turned
//! `fsync` or `synchronous_commit` off.

mod artifacts;
mod body;
mod cache;
mod commit;
mod definitions;
mod encryption;
mod failure;
mod group;
mod head;
mod import;
mod leases;
mod listen;
mod migrations;
mod name;
mod options;
mod owner;
mod pool;
mod reads;
mod refusal;
mod statement;
mod stats;
mod tables;
mod verify;
mod write;

use std::{fmt, sync::Arc, time::Duration};

pub use self::options::PostgresOptions;
use self::{
    commit::Turns, group::Groups, listen::Hint, options::Settings, owner::Owner, pool::Pool,
};
use crate::{
    Ack, ArtifactListing, BoxFuture, CacheEntry, CacheKey, CacheListing, CacheQuery, Commit,
    Compacted, Definition, DueRuns, Entry, Holder, Imported, Json, Portable, Request, RequestQuery,
    RunId, RunInput, RunQuery, RunRecord, SessionFields, SessionKey, SessionListing, Storage,
    StoreResult, StoreStats, VerifyReport,
};

/// Keeps everything in a PostgreSQL database (12 or newer), which any number of processes may use at once.
/// Clones share one store.
///
/// A call that finds the server away tries again for as long as the lease
/// ([`PostgresOptions::lease`]), then answers [`StoreError::Unavailable`](crate::StoreError::Unavailable). A
/// commit is never done twice by that.
///
/// Works behind PgBouncer in transaction mode (see [`PostgresOptions::prepared`]), all but
/// [`changed`](Storage::changed): hints come over a connection that listens, and without them one has to look
/// from time to time.
#[derive(Clone)]
pub struct PostgresStorage {
    shared: Arc<Shared>,
}

struct Shared {
    pool: Pool,
    owner: Owner,
    lease: Duration,
    turns: Turns,
    groups: Groups,
    hint: Hint,
}

impl PostgresStorage {
    async fn open(settings: Settings) -> StoreResult<Self> {
        let pool = Pool::new(&settings)?;
        migrations::migrate(&pool).await?;
        let channel = settings.tables.channel();
        let (groups, waiting) = Groups::start(settings.connections);
        let shared = Arc::new(Shared {
            pool,
            owner: Owner::new(),
            lease: settings.lease,
            turns: Turns::default(),
            groups,
            hint: Hint::new(settings.config, settings.encryption, channel),
        });
        tokio::spawn(waiting.serve(Arc::downgrade(&shared)));
        shared.hint.start(&shared);
        Ok(Self { shared })
    }
}

impl fmt::Debug for PostgresStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStorage")
            .field("location", &self.shared.pool.location)
            .field("owner", &self.shared.owner.name)
            .field("lease", &self.shared.lease)
            .finish_non_exhaustive()
    }
}

impl Storage for PostgresStorage {
    fn commit(&self, commit: Commit) -> BoxFuture<'_, StoreResult<Ack>> {
        Box::pin(self.shared.commit(commit))
    }

    fn run<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<Option<RunRecord>>> {
        Box::pin(self.shared.run(id))
    }

    fn input<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<Option<RunInput>>> {
        Box::pin(self.shared.input(id))
    }

    fn output<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<Option<Json>>> {
        Box::pin(self.shared.output(id))
    }

    fn runs(&self, query: RunQuery) -> BoxFuture<'_, StoreResult<Vec<RunRecord>>> {
        Box::pin(self.shared.runs(query))
    }

    fn journal<'a>(
        &'a self,
        id: &'a RunId,
        from_seq: u64,
    ) -> BoxFuture<'a, StoreResult<Vec<Entry>>> {
        Box::pin(self.shared.journal(id, from_seq))
    }

    fn requests(&self, query: RequestQuery) -> BoxFuture<'_, StoreResult<Vec<Request>>> {
        Box::pin(self.shared.requests(query))
    }

    fn delete_run<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<bool>> {
        Box::pin(self.shared.delete_run(id))
    }

    fn lease(&self) -> Option<Duration> {
        Some(self.shared.lease)
    }

    fn renew(&self, held: Vec<(RunId, u64)>) -> BoxFuture<'_, StoreResult<Vec<RunId>>> {
        Box::pin(self.shared.renew(held))
    }

    fn release(&self, held: Vec<(RunId, u64)>) -> BoxFuture<'_, StoreResult<()>> {
        Box::pin(self.shared.release(held))
    }

    fn holders(&self, runs: Vec<RunId>) -> BoxFuture<'_, StoreResult<Vec<Holder>>> {
        Box::pin(self.shared.holders(runs))
    }

    fn due(&self, now: u64, limit: usize) -> BoxFuture<'_, StoreResult<DueRuns>> {
        Box::pin(self.shared.due(now, limit))
    }

    fn changed(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.shared.hint.changed(&self.shared))
    }

    fn begin_flight<'a>(
        &'a self,
        key: CacheKey,
        holder: &'a str,
        lease: Duration,
    ) -> BoxFuture<'a, StoreResult<bool>> {
        Box::pin(self.shared.begin_flight(key, holder, lease))
    }

    fn end_flight<'a>(&'a self, key: CacheKey, holder: &'a str) -> BoxFuture<'a, StoreResult<()>> {
        Box::pin(self.shared.end_flight(key, holder))
    }

    fn sessions(&self) -> BoxFuture<'_, StoreResult<Vec<SessionListing>>> {
        Box::pin(self.shared.sessions())
    }

    fn put_artifact(&self, bytes: Vec<u8>) -> BoxFuture<'_, StoreResult<Arc<str>>> {
        Box::pin(self.shared.put_artifact(bytes))
    }

    fn artifact<'a>(&'a self, hash: &'a str) -> BoxFuture<'a, StoreResult<Option<Vec<u8>>>> {
        Box::pin(self.shared.artifact(hash))
    }

    fn artifact_size<'a>(&'a self, hash: &'a str) -> BoxFuture<'a, StoreResult<Option<u64>>> {
        Box::pin(self.shared.artifact_size(hash))
    }

    fn artifacts<'a>(
        &'a self,
        prefix: &'a str,
    ) -> BoxFuture<'a, StoreResult<Vec<ArtifactListing>>> {
        Box::pin(self.shared.artifacts(prefix))
    }

    fn session<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, StoreResult<SessionFields>> {
        Box::pin(self.shared.session(key))
    }

    fn cached(&self, key: CacheKey, now: u64) -> BoxFuture<'_, StoreResult<Option<CacheEntry>>> {
        Box::pin(self.shared.cached(key, now))
    }

    fn cache_list(&self, query: CacheQuery) -> BoxFuture<'_, StoreResult<Vec<CacheListing>>> {
        Box::pin(self.shared.cache_list(query))
    }

    fn cache_clear(&self, query: CacheQuery) -> BoxFuture<'_, StoreResult<u64>> {
        Box::pin(self.shared.cache_clear(query))
    }

    fn cache_shrink(&self, bytes: u64) -> BoxFuture<'_, StoreResult<u64>> {
        Box::pin(self.shared.cache_shrink(bytes))
    }

    fn save_definition<'a>(
        &'a self,
        kind: &'a str,
        name: &'a str,
        body: Json,
        expected: Option<u32>,
    ) -> BoxFuture<'a, StoreResult<u32>> {
        Box::pin(self.shared.save_definition(kind, name, body, expected))
    }

    fn definition<'a>(
        &'a self,
        kind: &'a str,
        name: &'a str,
        version: Option<u32>,
    ) -> BoxFuture<'a, StoreResult<Option<Definition>>> {
        Box::pin(self.shared.definition(kind, name, version))
    }

    fn definitions<'a>(&'a self, kind: &'a str) -> BoxFuture<'a, StoreResult<Vec<Definition>>> {
        Box::pin(self.shared.definitions(kind))
    }

    fn definition_kinds(&self) -> BoxFuture<'_, StoreResult<Vec<Arc<str>>>> {
        Box::pin(self.shared.definition_kinds())
    }

    fn import(&self, piece: Portable) -> BoxFuture<'_, StoreResult<Imported>> {
        Box::pin(self.shared.import(piece))
    }

    fn stats(&self) -> BoxFuture<'_, StoreResult<StoreStats>> {
        Box::pin(self.shared.stats())
    }

    fn compact(&self) -> BoxFuture<'_, StoreResult<Compacted>> {
        Box::pin(self.shared.compact())
    }

    fn verify(&self) -> BoxFuture<'_, StoreResult<VerifyReport>> {
        Box::pin(self.shared.verify())
    }

    fn location(&self) -> String {
        self.shared.pool.location.clone()
    }

    fn close(&self) -> BoxFuture<'_, StoreResult<()>> {
        self.shared.pool.close();
        self.shared.hint.stop();
        Box::pin(std::future::ready(Ok(())))
    }
}
