//! Branches and runs that share a state lose updates; a run costs more the longer its session is.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use agno::{
    Entry, Json, RequestQuery, RunId, RunQuery, RunRecord, Storage,
    prelude::*,
    storage::{
        BoxFuture, CacheEntry, CacheKey, Layer, RunInput, SessionFields, SessionKey, StoreResult,
    },
};
use tokio::sync::Barrier;

use crate::kit;

#[data]
#[derive(Default, State)]
struct Counts {
    #[merge(sum)]
    total: u64,
    #[merge(last)]
    last: String,
}

const BRANCHES: usize = 8;
const INCREMENTS: u64 = 300;
const RUNS: usize = 7;

/// Counts in branches, or in runs, all of which have begun before the first has ended.
#[workflow]
struct Counter {
    together: Barrier,
}

impl Counter {
    fn new(together: usize) -> Self {
        let together = Barrier::new(together);
        Self { together }
    }
}

#[workflow(state = Counts)]
impl Counter {
    #[step]
    async fn add(&self, counts: &mut Counts, times: u64) -> Result<u64> {
        self.together.wait().await;
        for _ in 0..times {
            counts.total += 1;
            tokio::task::yield_now().await;
        }
        counts.last = "a text of one length".to_owned();
        Ok(times)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, branches: usize, times: u64) -> Result<u64> {
        let counted = flow.map(0..branches, |_| flow.add(times)).await?;
        Ok(counted.iter().sum())
    }
}

fn input(branches: usize, times: u64) -> <Counter as agno::Workflow>::Input {
    (branches, times)
}

/// What the session has counted.
async fn total(storage: &Arc<dyn Storage>) -> String {
    let key = SessionKey {
        workflow: Arc::from("Counter"),
        session: Arc::from("default"),
    };
    let fields = storage.session(&key).await.expect("reads");
    fields["total"].value.as_str().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_branches_lose_no_increment() {
    let storage = kit::store();
    let outcome = kit::run(
        &storage,
        Counter::new(BRANCHES),
        input(BRANCHES, INCREMENTS),
    )
    .await;
    assert_eq!(outcome.output.expect("completes").as_str(), "2400");
    assert_eq!(total(&storage).await, "2400");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn seven_runs_of_one_session_lose_no_update() {
    let storage = kit::store();
    let runtime = kit::runtime(&storage, Counter::new(RUNS)).await;
    let mut runs = Vec::new();
    for _ in 0..RUNS {
        let run = runtime.start::<Counter>(input(1, 1)).await;
        runs.push(run.expect("starts"));
    }
    for run in runs {
        run.await.expect("completes");
    }
    assert_eq!(total(&storage).await, "7");
}

/// A store that counts what is read of it.
#[derive(Debug)]
struct Counting {
    storage: Arc<dyn Storage>,
    read: Arc<Read>,
}

#[derive(Debug, Default)]
struct Read {
    calls: AtomicUsize,
    things: AtomicUsize,
    bytes: AtomicUsize,
}

impl Read {
    fn count<'a>(&self, values: impl IntoIterator<Item = Option<&'a Json>>) {
        self.calls.fetch_add(1, Ordering::SeqCst);
        for value in values {
            let bytes = value.map_or(0, |json| json.as_str().len());
            self.things.fetch_add(1, Ordering::SeqCst);
            self.bytes.fetch_add(bytes, Ordering::SeqCst);
        }
    }

    /// Calls, things and bytes since the last time.
    fn take(&self) -> [usize; 3] {
        [&self.calls, &self.things, &self.bytes].map(|count| count.swap(0, Ordering::SeqCst))
    }
}

impl Layer for Counting {
    fn below(&self) -> &dyn Storage {
        &*self.storage
    }

    fn run<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<Option<RunRecord>>> {
        Box::pin(async move {
            let found = self.storage.run(id).await?;
            self.read.count(found.iter().map(|_| None));
            Ok(found)
        })
    }

    fn input<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<Option<RunInput>>> {
        Box::pin(async move {
            let found = self.storage.input(id).await?;
            self.read
                .count(found.iter().map(|input| Some(&input.input)));
            Ok(found)
        })
    }

    fn output<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<Option<Json>>> {
        Box::pin(async move {
            let found = self.storage.output(id).await?;
            self.read.count(found.iter().map(Some));
            Ok(found)
        })
    }

    fn runs(&self, query: RunQuery) -> BoxFuture<'_, StoreResult<Vec<RunRecord>>> {
        Box::pin(async move {
            let found = self.storage.runs(query).await?;
            self.read.count(found.iter().map(|_| None));
            Ok(found)
        })
    }

    fn journal<'a>(
        &'a self,
        id: &'a RunId,
        from_seq: u64,
    ) -> BoxFuture<'a, StoreResult<Vec<Entry>>> {
        Box::pin(async move {
            let found = self.storage.journal(id, from_seq).await?;
            self.read
                .count(found.iter().map(|entry| entry.output.as_ref()));
            Ok(found)
        })
    }

    fn requests(&self, query: RequestQuery) -> BoxFuture<'_, StoreResult<Vec<agno::Request>>> {
        Box::pin(async move {
            let found = self.storage.requests(query).await?;
            self.read.count(found.iter().map(|_| None));
            Ok(found)
        })
    }

    fn session<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, StoreResult<SessionFields>> {
        Box::pin(async move {
            let found = self.storage.session(key).await?;
            self.read
                .count(found.values().map(|field| Some(&field.value)));
            Ok(found)
        })
    }

    fn cached(&self, key: CacheKey, now: u64) -> BoxFuture<'_, StoreResult<Option<CacheEntry>>> {
        Box::pin(async move {
            let found = self.storage.cached(key, now).await?;
            self.read.count(found.iter().map(|_| None));
            Ok(found)
        })
    }
}

#[tokio::test]
async fn a_long_session_is_not_read_again() {
    let read = Arc::new(Read::default());
    let counting: Arc<dyn Storage> = Arc::new(Counting {
        storage: kit::store(),
        read: read.clone(),
    });
    let runtime = kit::runtime(&counting, Counter::new(1)).await;
    let mut second = None;
    for number in 1..=300 {
        read.take();
        // The total keeps its three digits.
        let times = if number == 1 { 100 } else { 1 };
        let start = runtime.start::<Counter>(input(1, times));
        let run = start.run_id(format!("run-{number:03}")).await;
        run.expect("starts").await.expect("completes");
        let taken = read.take();
        if number > 1 {
            assert_eq!(taken, *second.get_or_insert(taken), "run {number}");
        }
    }
    let [calls, things, bytes] = second.expect("runs");
    assert!(
        calls > 0 && things > 0 && bytes > 0,
        "{calls} {things} {bytes}"
    );
    assert_eq!(total(&counting).await, "399");
}
