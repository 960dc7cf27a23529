//! That what is asked through an owner is what its store answers.

use std::{fmt::Debug, path::PathBuf, sync::Arc};

use agno_core::{
    Entry, EntryKind, Event, EventKind, Json, RunId, RunQuery, RunRecord, RunStatus, Runtime,
    storage::{
        CacheEntry, CacheFill, CacheKey, CacheQuery, Commit, DirectoryConfig, FieldChange,
        MemoryStorage, Operation, RequestQuery, RunInput, RunUpdate, SessionKey, StateDelta,
        Storage, StoreError,
    },
};

use super::{Owner, OwnerStorage, Owning, Serving};

fn json(text: &str) -> Json {
    Json::parse(text).expect("is JSON")
}

fn id(text: &str) -> RunId {
    RunId::new(text).expect("legal")
}

fn key() -> SessionKey {
    SessionKey {
        workflow: Arc::from("w"),
        session: Arc::from("s"),
    }
}

/// A run with a long journal, an output that is `null`, state and a cached result.
async fn fill(store: &dyn Storage) {
    let run = id("run");
    let mut record = RunRecord::new(run.clone(), "w".into(), "s".into(), 1);
    record.metadata = Some(json("null"));
    let input = RunInput {
        input: json("{\"b\":1.50,\"a\":[]}"),
        state: Some(json("{}")),
    };
    let mut commit = Commit::new(run.clone(), 1);
    commit.create = Some(Box::new((record, input)));
    let large = format!("\"{}\"", "x".repeat(700_000));
    for number in 0..5 {
        let path = format!("step#{number}");
        let mut entry = Entry::new(EntryKind::Step, path.as_str().into(), number);
        entry.output = Some(json(if number == 1 { "null" } else { &large }));
        entry.events.push(Event {
            at: 2,
            kind: EventKind::Said {
                message: "a\nb".to_owned(),
            },
        });
        commit.entries.push(entry);
    }
    let change = FieldChange {
        field: "f".into(),
        by: "run step#0".into(),
        initial: None,
        operation: Operation::Replace { value: json("[1]") },
    };
    let changes = vec![change];
    commit.state = Some((key(), StateDelta { changes }));
    let entry = CacheEntry {
        workflow: "w".into(),
        step: "step".into(),
        run: run.clone(),
        output: json("1"),
        stored_at: 1,
        expires_at: Some(u64::MAX),
        tags: Vec::new(),
        parts: None,
    };
    let cached = CacheKey([7; 32]);
    commit.cache = Some(Box::new(CacheFill { key: cached, entry }));
    let mut ended = RunUpdate::new(RunStatus::Completed, 3);
    ended.output = Some(json("null"));
    commit.update = Some(Box::new(ended));
    store.commit(commit).await.expect("is stored");
    let saved = store.save_definition("agent", "x", json("{}"), None).await;
    saved.expect("is stored");
}

/// Both answer alike, be it an error.
macro_rules! same {
    ($one:expr, $other:expr, $method:ident($($argument:expr),*)) => {{
        let one = $one.$method($($argument),*).await;
        let other = $other.$method($($argument),*).await;
        assert_eq!(told(&one), told(&other), stringify!($method));
        one
    }};
}

fn told<T: Debug>(answer: &T) -> String {
    format!("{answer:?}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_is_read_is_the_same() {
    let place = tempfile::tempdir().expect("a directory");
    let memory: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
    fill(&*memory).await;
    let artifact = memory.put_artifact(vec![7; 1_500_000]).await;
    let runtime = Runtime::builder().storage(memory.clone()).build().await;
    let runtime = runtime.expect("is built");
    let serving = Serving::begin(runtime, Owning::Run, place.path()).expect("listens");
    let own = place.path().join("own");
    let owner = Owner::new(place.path().to_owned(), "pid 1 (x)".to_owned());
    let reached = OwnerStorage::reach(DirectoryConfig::new(&own).into(), owner).await;
    let asked = reached.expect("answers");

    let (run, other, session) = (id("run"), id("other"), key());
    for run in [&run, &other] {
        let _ = same!(memory, asked, run(run));
        let _ = same!(memory, asked, input(run));
        let _ = same!(memory, asked, output(run));
        let _ = same!(memory, asked, journal(run, 0));
        let _ = same!(memory, asked, journal(run, 4));
    }
    let journal = asked.journal(&run, 0).await.expect("is read");
    assert_eq!(journal.len(), 5);
    let output = asked.output(&run).await.expect("is read");
    assert_eq!(output, Some(Json::null()), "`null` is something");
    assert_eq!(journal[1].output, Some(Json::null()));
    let _ = same!(memory, asked, runs(RunQuery::default()));
    let failed = RunQuery {
        status: Some(RunStatus::Failed),
        ..RunQuery::default()
    };
    let _ = same!(memory, asked, runs(failed.clone()));
    let _ = same!(memory, asked, session(&session));
    let _ = same!(memory, asked, sessions());
    let _ = same!(memory, asked, requests(RequestQuery::default()));
    let listed = same!(memory, asked, cache_list(CacheQuery::default()));
    assert_eq!(listed.expect("is read").len(), 1);
    let _ = same!(memory, asked, definition("agent", "x", None));
    let _ = same!(memory, asked, definition("agent", "y", Some(3)));
    let _ = same!(memory, asked, definitions("agent"));
    for hash in [artifact.unwrap_or_default(), Arc::from("0".repeat(64))] {
        let one = memory.artifact(&hash).await;
        let other = asked.artifact(&hash).await;
        assert!(told(&one) == told(&other), "artifact {hash}");
    }

    // What writes is for the owner.
    let refused = asked.commit(Commit::new(run.clone(), 1)).await;
    let locked = refused.expect_err("is locked");
    assert!(matches!(&locked, StoreError::Locked { path, holder }
        if *path == place.path() && holder == "pid 1 (x)"));
    let cleared = asked.cache_clear(CacheQuery::default()).await;
    assert_eq!(told(&cleared.expect_err("is locked")), told(&locked));

    serving.stop().await;
    assert_eq!(files(place.path().into()), 0, "the socket is removed");
    without_owner(&asked, &run).await;
}

fn files(directory: PathBuf) -> usize {
    std::fs::read_dir(directory).expect("is there").count()
}

/// With the store at its URL: an empty one, opened now.
#[cfg(feature = "sled")]
async fn without_owner(asked: &OwnerStorage, run: &RunId) {
    assert!(asked.run(run).await.expect("is open").is_none());
    assert!(asked.owner().is_none());
    fill(asked).await;
    assert!(asked.run(run).await.expect("is open").is_some());
    asked.close().await.expect("closes");
}

/// With nothing that could be opened.
#[cfg(not(feature = "sled"))]
async fn without_owner(asked: &OwnerStorage, run: &RunId) {
    asked.run(run).await.expect_err("nobody answers");
}
