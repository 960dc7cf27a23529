//! The store as one process sees it, which can die, hang, or lose its connection.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use agno::{
    Entry, EntryKind, Json, Request, RequestQuery, RunId, RunQuery, RunRecord, Storage,
    storage::{
        Ack, BoxFuture, CacheEntry, CacheKey, CacheListing, CacheQuery, Commit, DueRuns, Holder,
        MemoryStorage, RunInput, SessionFields, SessionKey, StoreError, StoreResult, VerifyReport,
    },
};
use tokio::sync::watch;

/// How the process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Alive,
    /// What it asks the store is answered once it is alive again; never, if it has died.
    Hung,
    /// The store refuses what it asks.
    Offline,
}

/// Which outcomes of steps were acknowledged to whom, over all processes of a test.
#[derive(Clone, Debug, Default)]
pub(crate) struct Acknowledged(Arc<Mutex<Counted>>);

/// How often, by run and path.
type Counted = BTreeMap<(RunId, Arc<str>), u32>;

impl Acknowledged {
    /// Paths that were acknowledged more than once.
    pub(crate) fn twice(&self) -> Vec<(RunId, Arc<str>)> {
        let all = self.0.lock().expect("no panic");
        let twice = all.iter().filter(|(_, count)| **count > 1);
        twice.map(|(path, _)| path.clone()).collect()
    }

    pub(crate) fn has(&self, run: &str, path: &str) -> bool {
        let all = self.0.lock().expect("no panic");
        all.keys()
            .any(|(of, at)| of.as_str() == run && &**at == path)
    }

    fn add(&self, run: RunId, path: Arc<str>) {
        let mut all = self.0.lock().expect("no panic");
        *all.entry((run, path)).or_default() += 1;
    }
}

/// The store of one process.
#[derive(Clone)]
pub(crate) struct Process {
    store: MemoryStorage,
    state: watch::Sender<State>,
    acknowledged: Acknowledged,
    /// Whether it hears hints.
    deaf: bool,
    /// How long a claim is on its way.
    lag: Duration,
    /// Heads that were read to find what is due.
    read: Arc<AtomicUsize>,
    /// Commits that were acknowledged to it.
    commits: Arc<AtomicUsize>,
}

impl Process {
    pub(crate) fn new(store: &MemoryStorage, acknowledged: &Acknowledged) -> Self {
        Self {
            store: store.beside(),
            state: watch::Sender::new(State::Alive),
            acknowledged: acknowledged.clone(),
            deaf: false,
            lag: Duration::ZERO,
            read: Arc::default(),
            commits: Arc::default(),
        }
    }

    pub(crate) fn deaf(mut self) -> Self {
        self.deaf = true;
        self
    }

    pub(crate) fn lagging(mut self, lag: Duration) -> Self {
        self.lag = lag;
        self
    }

    pub(crate) fn set(&self, state: State) {
        self.state.send_replace(state);
    }

    pub(crate) fn read(&self) -> usize {
        self.read.load(Ordering::SeqCst)
    }

    pub(crate) fn commits(&self) -> usize {
        self.commits.load(Ordering::SeqCst)
    }

    async fn pass(&self) -> StoreResult<()> {
        let mut state = self.state.subscribe();
        // Its sender is here.
        let state = state.wait_for(|state| *state != State::Hung).await;
        match state.map(|state| *state) {
            Ok(State::Offline) => Err(StoreError::Io {
                context: "connect".to_owned(),
                message: "nobody answers".to_owned(),
            }),
            _ => Ok(()),
        }
    }

    /// Asks the store, if and when the process can.
    fn ask<'a, T: Send + 'a>(
        &'a self,
        ask: impl FnOnce(&'a MemoryStorage) -> BoxFuture<'a, StoreResult<T>> + Send + 'a,
    ) -> BoxFuture<'a, StoreResult<T>> {
        Box::pin(async move {
            self.pass().await?;
            let answer = ask(&self.store).await;
            // One that hangs now hears of it later.
            self.pass().await?;
            answer
        })
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Process").field(&self.state).finish()
    }
}

impl Storage for Process {
    fn commit(&self, commit: Commit) -> BoxFuture<'_, StoreResult<Ack>> {
        let run = commit.run.clone();
        let is_outcome =
            |entry: &&Entry| entry.kind == EntryKind::Step && !entry.path.contains('!');
        let outcomes = commit.entries.iter().filter(is_outcome);
        let outcomes: Vec<_> = outcomes.map(|entry| entry.path.clone()).collect();
        Box::pin(async move {
            if commit.claim && !self.lag.is_zero() {
                tokio::time::sleep(self.lag).await;
            }
            let ack = self.ask(move |store| store.commit(commit)).await?;
            self.commits.fetch_add(1, Ordering::SeqCst);
            for path in outcomes {
                self.acknowledged.add(run.clone(), path);
            }
            Ok(ack)
        })
    }

    fn run<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<Option<RunRecord>>> {
        self.ask(move |store| store.run(id))
    }

    fn input<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<Option<RunInput>>> {
        self.ask(move |store| store.input(id))
    }

    fn output<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<Option<Json>>> {
        self.ask(move |store| store.output(id))
    }

    fn runs(&self, query: RunQuery) -> BoxFuture<'_, StoreResult<Vec<RunRecord>>> {
        self.ask(move |store| store.runs(query))
    }

    fn journal<'a>(&'a self, id: &'a RunId, from: u64) -> BoxFuture<'a, StoreResult<Vec<Entry>>> {
        self.ask(move |store| store.journal(id, from))
    }

    fn requests(&self, query: RequestQuery) -> BoxFuture<'_, StoreResult<Vec<Request>>> {
        self.ask(move |store| store.requests(query))
    }

    fn lease(&self) -> Option<Duration> {
        self.store.lease()
    }

    fn renew(&self, held: Vec<(RunId, u64)>) -> BoxFuture<'_, StoreResult<Vec<RunId>>> {
        self.ask(move |store| store.renew(held))
    }

    fn release(&self, held: Vec<(RunId, u64)>) -> BoxFuture<'_, StoreResult<()>> {
        self.ask(move |store| store.release(held))
    }

    fn holders(&self, runs: Vec<RunId>) -> BoxFuture<'_, StoreResult<Vec<Holder>>> {
        self.ask(move |store| store.holders(runs))
    }

    fn due(&self, now: u64, limit: usize) -> BoxFuture<'_, StoreResult<DueRuns>> {
        Box::pin(async move {
            let due = self.ask(move |store| store.due(now, limit)).await?;
            self.read.fetch_add(due.runs.len(), Ordering::SeqCst);
            Ok(due)
        })
    }

    fn changed(&self) -> BoxFuture<'_, ()> {
        if self.deaf {
            return Box::pin(std::future::pending());
        }
        self.store.changed()
    }

    fn session<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, StoreResult<SessionFields>> {
        self.ask(move |store| store.session(key))
    }

    fn cached(&self, key: CacheKey, now: u64) -> BoxFuture<'_, StoreResult<Option<CacheEntry>>> {
        self.ask(move |store| store.cached(key, now))
    }

    fn cache_list(&self, query: CacheQuery) -> BoxFuture<'_, StoreResult<Vec<CacheListing>>> {
        self.ask(move |store| store.cache_list(query))
    }

    fn cache_clear(&self, query: CacheQuery) -> BoxFuture<'_, StoreResult<u64>> {
        self.ask(move |store| store.cache_clear(query))
    }

    fn verify(&self) -> BoxFuture<'_, StoreResult<VerifyReport>> {
        self.ask(|store| store.verify())
    }

    fn location(&self) -> String {
        self.store.location()
    }

    fn close(&self) -> BoxFuture<'_, StoreResult<()>> {
        self.ask(|store| store.close())
    }
}
