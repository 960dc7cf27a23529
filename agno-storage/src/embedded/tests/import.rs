//! Pieces of another store: written whole or not at all, wherever a process ends.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::{append, assert_poisoned, id, open};
use crate::{
    CacheEntry, CacheKey, CacheQuery, Commit, Entry, EntryKind, FieldValue, Imported, Json,
    Portable, PortableRun, Request, RequestKind, RequestQuery, RunInput, RunRecord, RunStatus,
    SessionKey, Storage, StoreError,
    embedded::{Embedded, keys, map::Map},
};

/// Too much for one batch.
const MANY: u64 = 300;

fn json(text: &str) -> Json {
    Json::parse(text).expect("JSON")
}

fn run() -> PortableRun {
    let mut head = RunRecord::new(id(), "w".into(), "s".into(), 5);
    (head.fence, head.resumes, head.status) = (7, 3, RunStatus::Paused);
    let entries = (0..MANY).map(|number| {
        let mut entry = Entry::new(EntryKind::Step, format!("a#{number}").into(), 0);
        entry.seq = number + 1;
        entry.output = Some(json("1"));
        entry
    });
    PortableRun {
        head,
        input: RunInput {
            input: json("{}"),
            state: None,
        },
        output: None,
        entries: entries.collect(),
        requests: vec![Request {
            id: "r-1".into(),
            run: id(),
            root: id(),
            workflow: "w".into(),
            session: "s".into(),
            user: None,
            path: "a#7".into(),
            kind: RequestKind::Confirm,
            message: "Go on?".to_owned(),
            schema: None,
            value: None,
            deadline: None,
            asked_at: 8,
            place: None,
        }],
    }
}

fn session() -> Portable {
    let key = SessionKey {
        workflow: "w".into(),
        session: "s".into(),
    };
    let field = FieldValue {
        value: json("1"),
        by: "a#0".into(),
    };
    let fields = (0..MANY).map(|n| (format!("f{n}").into(), field.clone()));
    Portable::Session(key, fields.collect())
}

/// A cached result of a few chunks more than a small batch.
fn cached(number: u8) -> Portable {
    let entry = CacheEntry {
        workflow: "w".into(),
        step: "a".into(),
        run: id(),
        output: Json::encode(&"x".repeat(70 * 4096)).expect("JSON"),
        stored_at: number.into(),
        expires_at: None,
        tags: Vec::new(),
        parts: None,
    };
    Portable::Cached(CacheKey([number; 32]), Box::new(entry))
}

fn pieces() -> [Portable; 3] {
    [Portable::Run(Box::new(run())), session(), cached(1)]
}

/// Lets so many batches become visible; of the next one every second write.
fn tear_after(map: &Map, batches: usize) {
    let applied = AtomicUsize::new(0);
    let torn = map.clone();
    let before = Arc::new(std::sync::Mutex::new(map.pairs().clone()));
    map.on_apply(move || {
        let mut before = before.lock().expect("lock");
        if applied.fetch_add(1, Ordering::SeqCst) < batches {
            *before = torn.pairs().clone();
            return Ok(());
        }
        let mut pairs = torn.pairs();
        let small = pairs.len().abs_diff(before.len()) <= 3;
        if small {
            // So small a one is there or is not.
            *pairs = before.clone();
        } else {
            let mut number = 0;
            pairs.retain(|key, _| {
                number += 1;
                before.contains_key(key) || number % 2 == 0
            });
            // The numbers of the last batch are in it, too.
            let last = [keys::last_batch(), vec![0, 0]].concat();
            pairs.insert(last.clone(), before[&last].clone());
        }
        Err(StoreError::Closed)
    });
}

async fn assert_nothing_left(store: &Embedded<Map>, map: &Map, at: &str) {
    let left: Vec<_> = map.pairs().keys().map(|key| key[0]).collect();
    assert_eq!(left, [keys::LAST_BATCH, keys::FORMAT], "{at}");
    let report = store.verify().await.expect("verify");
    assert_eq!(report.problems, [""; 0], "{at}");
}

#[tokio::test]
async fn one_that_was_cut_short_leaves_nothing_and_is_imported_again() {
    for (kind, piece) in pieces().into_iter().enumerate() {
        for batches in 0.. {
            let (directory, map) = (tempfile::tempdir().expect("directory"), Map::default());
            let store = open(directory.path(), &map).expect("open");
            tear_after(&map, batches);
            let done = store.import(piece.clone()).await;
            drop(store);
            map.on_apply(|| Ok(()));
            let store = open(directory.path(), &map).expect("open again");
            if done.is_ok() {
                assert!(batches > 3, "all in {batches} batches");
                assert!(store.verify().await.expect("verify").problems.is_empty());
                break;
            }
            let at = format!("piece {kind}, {batches} batches");
            assert_nothing_left(&store, &map, &at).await;
            let again = store.import(piece.clone()).await.expect("again");
            assert_eq!(again, Imported::Added, "{at}");
            let report = store.verify().await.expect("verify");
            assert_eq!(report.problems, [""; 0], "{at}");
        }
    }
}

async fn with_all(directory: &Path, map: &Map) -> Embedded<Map> {
    let store = open(directory, map).expect("open");
    for piece in pieces() {
        assert_eq!(store.import(piece).await.expect("import"), Imported::Added);
    }
    store
}

#[tokio::test]
async fn numbers_stay_and_the_run_goes_on() {
    let (directory, map) = (tempfile::tempdir().expect("directory"), Map::default());
    let store = with_all(directory.path(), &map).await;
    for piece in pieces() {
        let again = store.import(piece).await.expect("import again");
        assert_eq!(again, Imported::Present);
    }
    let head = store.run(&id()).await.expect("run").expect("a head");
    assert_eq!((head.fence, head.resumes), (7, 3));
    let mut claim = Commit::new(id(), 7);
    claim.claim = true;
    claim.settled = vec!["r-1".into()];
    claim.entries = append("b#0").entries;
    let ack = store.commit(claim).await.expect("claim");
    assert_eq!((ack.seq, ack.fence), (MANY + 1, 8));
    let open = store.requests(RequestQuery::default()).await;
    assert_eq!(open.expect("requests"), []);
    let report = store.verify().await.expect("verify");
    assert_eq!((report.entries, report.problems.len()), (MANY + 1, 0));
    // It is another run now.
    let again = store.import(Portable::Run(Box::new(run()))).await;
    assert!(matches!(again, Err(StoreError::RunExists { .. })));
}

#[tokio::test]
async fn what_is_lost_of_it_is_missed() {
    let (directory, map) = (tempfile::tempdir().expect("directory"), Map::default());
    let store = with_all(directory.path(), &map).await;
    let last = [keys::entry(&id(), &format!("a#{}", MANY - 1)), vec![0, 0]].concat();
    map.pairs().remove(&last).expect("an entry");
    let report = store.verify().await.expect("verify");
    assert_eq!(report.problems.len(), 1, "{:?}", report.problems);
    let request = [keys::request(&id(), "r-1"), vec![0, 0]].concat();
    map.pairs().remove(&request).expect("a request");
    let entry = [keys::entry(&id(), "a#3"), vec![0, 0]].concat();
    map.pairs().remove(&entry).expect("an entry");
    let report = store.verify().await.expect("verify");
    assert_eq!(report.problems.len(), 2, "{:?}", report.problems);
}

#[tokio::test]
async fn a_failure_ends_writing_and_a_refusal_does_not() {
    let (directory, map) = (tempfile::tempdir().expect("directory"), Map::default());
    let store = open(directory.path(), &map).expect("open");
    let mut gap = run();
    gap.entries.remove(4);
    let refused = store.import(Portable::Run(Box::new(gap))).await;
    assert!(matches!(refused, Err(StoreError::Corrupt { .. })));
    store.import(cached(1)).await.expect("import");
    map.on_sync(|| Err(StoreError::Closed));
    assert_poisoned(store.import(cached(2)).await, "closed");
}

#[tokio::test]
async fn large_results_leave_the_cache_whole_or_not_at_all() {
    for batches in 0.. {
        let (directory, map) = (tempfile::tempdir().expect("directory"), Map::default());
        let store = open(directory.path(), &map).expect("open");
        for number in 0..4 {
            store.import(cached(number)).await.expect("import");
        }
        tear_after(&map, batches);
        // Half of them fit: the first two go.
        let done = store.cache_shrink(2 * 70 * 4096 + 100).await;
        drop(store);
        map.on_apply(|| Ok(()));
        let store = open(directory.path(), &map).expect("open again");
        let list = store.cache_list(CacheQuery::default()).await.expect("list");
        let report = store.verify().await.expect("verify");
        assert_eq!(report.problems, [""; 0], "after {batches} batches");
        let left = map
            .pairs()
            .keys()
            .filter(|key| key[0] == keys::CACHED)
            .count();
        assert_eq!(left, list.len() * 71, "after {batches} batches");
        if let Ok(removed) = done {
            assert_eq!((removed, list.len()), (2, 2));
            break;
        }
    }
}
