//! A store whose cached results grow old as a test says, and that processes may share.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use agno::{
    Entry, Outcome, RunId, RunQuery, RunRecord, Runtime, RuntimeBuilder, Storage, Workflow,
    storage::{
        Ack, BoxFuture, CacheEntry, CacheKey, CacheListing, CacheQuery, Commit, Imported, Layer,
        MemoryStorage, Portable, StoreResult,
    },
};
use tokio::{sync::Semaphore, time::Instant};

/// How often a body ran.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ran(Arc<AtomicU32>);

impl Ran {
    /// The number of this run of the body, from 1.
    pub(crate) fn hit(&self) -> u32 {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }

    pub(crate) fn count(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Results in memory, with a clock of their own and flights among runtimes.
#[derive(Debug)]
pub(crate) struct Shelf {
    below: MemoryStorage,
    /// How far its clock is ahead, in microseconds.
    ahead: AtomicU64,
    lease: Option<Duration>,
    flights: Mutex<HashMap<CacheKey, (String, Instant)>>,
    /// What was done to flights and results, in order.
    log: Mutex<Vec<&'static str>>,
    /// Imports begin while there is one.
    imports: Semaphore,
}

impl Shelf {
    pub(crate) fn new() -> Arc<Self> {
        Self::with(None)
    }

    /// One that processes share.
    pub(crate) fn leased(lease: Duration) -> Arc<Self> {
        Self::with(Some(lease))
    }

    fn with(lease: Option<Duration>) -> Arc<Self> {
        Arc::new(Self {
            below: MemoryStorage::new(),
            ahead: AtomicU64::new(0),
            lease,
            flights: Mutex::default(),
            log: Mutex::default(),
            imports: Semaphore::new(1000),
        })
    }

    /// What is stored grows older by so much.
    pub(crate) fn pass(&self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).expect("a short time");
        self.ahead.fetch_add(micros, Ordering::SeqCst);
    }

    /// No result of the background is stored from now on.
    pub(crate) fn hold_imports(&self) {
        self.imports.forget_permits(1000);
    }

    pub(crate) fn log(&self) -> Vec<&'static str> {
        self.log.lock().expect("no panic").clone()
    }

    fn note(&self, what: &'static str) {
        self.log.lock().expect("no panic").push(what);
    }

    fn shift(&self, entry: &mut CacheEntry, forward: bool) {
        let ahead = self.ahead.load(Ordering::SeqCst);
        let shift = |time: u64| match forward {
            true => time.saturating_add(ahead),
            false => time.saturating_sub(ahead),
        };
        let times = std::iter::once(&mut entry.stored_at).chain(&mut entry.expires_at);
        times.for_each(|time| *time = shift(*time));
    }

    pub(crate) async fn listed(&self, query: CacheQuery) -> Vec<CacheListing> {
        self.below.cache_list(query).await.expect("lists")
    }

    pub(crate) async fn outputs(&self) -> u64 {
        self.below.stats().await.expect("counts").cached
    }

    pub(crate) async fn journal_of(&self, run: &RunId) -> Vec<Entry> {
        self.below.journal(run, 0).await.expect("reads")
    }

    pub(crate) async fn runs_of(&self) -> Vec<RunRecord> {
        self.below.runs(RunQuery::default()).await.expect("lists")
    }
}

impl Layer for Shelf {
    fn below(&self) -> &dyn Storage {
        &self.below
    }

    fn commit(&self, mut commit: Commit) -> BoxFuture<'_, StoreResult<Ack>> {
        Box::pin(async move {
            let fills = commit.cache.is_some();
            if let Some(fill) = &mut commit.cache {
                self.shift(&mut fill.entry, true);
            }
            let ack = self.below.commit(commit).await?;
            if fills {
                self.note("stored");
            }
            Ok(ack)
        })
    }

    fn cached(&self, key: CacheKey, now: u64) -> BoxFuture<'_, StoreResult<Option<CacheEntry>>> {
        Box::pin(async move {
            let ahead = self.ahead.load(Ordering::SeqCst);
            let now = if now == 0 { 0 } else { now + ahead };
            let found = self.below.cached(key, now).await?;
            Ok(found.map(|mut entry| {
                self.shift(&mut entry, false);
                entry
            }))
        })
    }

    fn cache_list(&self, query: CacheQuery) -> BoxFuture<'_, StoreResult<Vec<CacheListing>>> {
        Box::pin(async move {
            let ahead = self.ahead.load(Ordering::SeqCst);
            let mut list = self.below.cache_list(query).await?;
            for listing in &mut list {
                listing.stored_at = listing.stored_at.saturating_sub(ahead);
                listing.expires_at = listing.expires_at.map(|end| end.saturating_sub(ahead));
            }
            Ok(list)
        })
    }

    fn cache_clear(&self, mut query: CacheQuery) -> BoxFuture<'_, StoreResult<u64>> {
        let ahead = self.ahead.load(Ordering::SeqCst);
        query.expired_at = query.expired_at.map(|at| at + ahead);
        self.below.cache_clear(query)
    }

    fn cache_shrink(&self, bytes: u64) -> BoxFuture<'_, StoreResult<u64>> {
        self.note("shrunk");
        self.below.cache_shrink(bytes)
    }

    fn import(&self, piece: Portable) -> BoxFuture<'_, StoreResult<Imported>> {
        Box::pin(async move {
            let _permit = self.imports.acquire().await.expect("not closed");
            let piece = match piece {
                Portable::Cached(key, mut entry) => {
                    self.shift(&mut entry, true);
                    Portable::Cached(key, entry)
                }
                piece => piece,
            };
            self.below.import(piece).await
        })
    }

    fn lease(&self) -> Option<Duration> {
        self.lease
    }

    fn begin_flight<'a>(
        &'a self,
        key: CacheKey,
        holder: &'a str,
        lease: Duration,
    ) -> BoxFuture<'a, StoreResult<bool>> {
        Box::pin(async move {
            let mut flights = self.flights.lock().expect("no panic");
            let now = Instant::now();
            let is_free = match flights.get(&key) {
                Some((other, until)) => other == holder || *until <= now,
                None => true,
            };
            if is_free {
                flights.insert(key, (holder.to_owned(), now + lease));
            }
            Ok(is_free)
        })
    }

    fn end_flight<'a>(&'a self, key: CacheKey, holder: &'a str) -> BoxFuture<'a, StoreResult<()>> {
        Box::pin(async move {
            let mut flights = self.flights.lock().expect("no panic");
            if flights.get(&key).is_some_and(|(other, _)| other == holder) {
                flights.remove(&key);
            }
            drop(flights);
            self.note("ended");
            Ok(())
        })
    }

    fn location(&self) -> String {
        "shelf".to_owned()
    }
}

pub(crate) fn builder<W: Workflow>(shelf: &Arc<Shelf>, workflow: W) -> RuntimeBuilder {
    Runtime::builder().storage(shelf.clone()).workflow(workflow)
}

pub(crate) async fn runtime<W: Workflow>(shelf: &Arc<Shelf>, workflow: W) -> Runtime {
    let built = builder(shelf, workflow).build().await;
    built.expect("the workflow fits together")
}

/// What a run came to, in short: its output, and how many steps ran and were cached.
pub(crate) fn told(outcome: &Outcome) -> (String, u32, u32) {
    let text = match (&outcome.output, &outcome.error) {
        (Some(output), _) => output.decode().expect("is text"),
        (None, Some(error)) => error.code.to_string(),
        (None, None) => "nothing".to_owned(),
    };
    (text, outcome.steps_run, outcome.steps_cached)
}

pub(crate) fn came_to(text: &str, ran: u32, cached: u32) -> (String, u32, u32) {
    (text.to_owned(), ran, cached)
}
