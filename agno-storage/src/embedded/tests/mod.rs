//! What happens when the back end is slow, fails or panics.

mod deletion;
mod format_one;
mod import;
mod lists;
mod requests;

use std::{
    panic,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
};

use futures_util::{future::join_all, poll};

use super::{
    Embedded,
    key_value::{Batch, KeyValue},
    keys,
    map::Map,
};
use crate::{
    Ack, Commit, Entry, EntryKind, Json, RunId, RunInput, RunRecord, Storage, StoreError,
    StoreResult,
};

fn id() -> RunId {
    RunId::new("run-1").expect("id")
}

fn open(path: &Path, map: &Map) -> StoreResult<Embedded<Map>> {
    Embedded::open_with(path, &[], |_| Ok(map.clone()))
}

fn create() -> Commit {
    let head = RunRecord::new(id(), "w".into(), "s".into(), 0);
    let input = RunInput {
        input: Json::null(),
        state: None,
    };
    let mut commit = Commit::new(id(), 1);
    commit.create = Some(Box::new((head, input)));
    commit
}

fn append(path: &str) -> Commit {
    let mut commit = Commit::new(id(), 1);
    commit.entries = vec![Entry::new(EntryKind::Step, path.into(), 0)];
    commit
}

fn assert_poisoned<T: std::fmt::Debug>(result: StoreResult<T>, with: &str) {
    match result {
        Err(StoreError::Poisoned { cause }) => assert!(cause.contains(with), "{cause}"),
        other => panic!("not poisoned: {other:?}"),
    }
}

/// Counts syncs, and lets each wait for a word from the test.
fn controlled_syncs(map: &Map) -> (Arc<AtomicUsize>, mpsc::Receiver<()>, mpsc::Sender<()>) {
    let syncs = Arc::new(AtomicUsize::new(0));
    let (begun, begins) = mpsc::channel();
    let (go, gone) = mpsc::channel();
    let counter = syncs.clone();
    map.on_sync(move || {
        counter.fetch_add(1, Ordering::SeqCst);
        begun.send(()).expect("the test listens");
        gone.recv().expect("the test goes on");
        Ok(())
    });
    (syncs, begins, go)
}

#[tokio::test]
async fn a_failed_sync_ends_writing_and_is_not_tried_again() {
    let (directory, map) = (tempfile::tempdir().expect("directory"), Map::default());
    let store = open(directory.path(), &map).expect("open");
    store.commit(create()).await.expect("create");
    let syncs = Arc::new(AtomicUsize::new(0));
    let counter = syncs.clone();
    map.on_sync(move || match counter.fetch_add(1, Ordering::SeqCst) {
        0 => Err(StoreError::Io {
            context: "cannot sync".to_owned(),
            message: "the disk is gone".to_owned(),
        }),
        _ => Ok(()),
    });
    assert_poisoned(store.commit(append("a#0")).await, "the disk is gone");
    assert_poisoned(store.commit(append("b#0")).await, "the disk is gone");
    // `a#0` is in the map, but nobody may rely on it.
    assert_poisoned(store.journal(&id(), 0).await, "the disk is gone");
    assert_poisoned(
        store.cache_clear(Default::default()).await,
        "the disk is gone",
    );
    assert_eq!(syncs.load(Ordering::SeqCst), 1);

    store.close().await.expect("close");
    let again = open(directory.path(), &map).expect("open again");
    assert_eq!(again.journal(&id(), 0).await.expect("journal").len(), 1);
    again
        .commit(append("b#0"))
        .await
        .expect("a new opening writes");
}

#[tokio::test]
async fn a_panic_ends_writing_and_everybody_is_answered() {
    let (directory, map) = (tempfile::tempdir().expect("directory"), Map::default());
    let store = open(directory.path(), &map).expect("open");
    store.commit(create()).await.expect("create");
    map.on_apply(|| panic::resume_unwind(Box::new("a page is nowhere")));
    let commits = ["a#0", "b#0", "c#0"].map(|path| store.commit(append(path)));
    for result in join_all(commits).await {
        assert_poisoned(result, "a page is nowhere");
    }
    assert_poisoned(store.run(&id()).await, "a page is nowhere");
    store.close().await.expect("close");
}

#[tokio::test]
async fn nobody_reads_what_is_not_durable() {
    let (directory, map) = (tempfile::tempdir().expect("directory"), Map::default());
    let store = open(directory.path(), &map).expect("open");
    let (_, begins, go) = controlled_syncs(&map);

    let mut commit = Box::pin(store.commit(create()));
    assert!(poll!(&mut commit).is_pending());
    begins.recv().expect("the batch is visible");
    assert!(!map.pairs().is_empty());
    let run = id();
    let mut read = Box::pin(store.run(&run));
    assert!(
        poll!(&mut read).is_pending(),
        "it was read before it was durable"
    );
    assert!(
        poll!(&mut commit).is_pending(),
        "it was acknowledged before it was durable"
    );
    go.send(()).expect("sync");
    assert!(read.await.expect("read").is_some());
    commit.await.expect("commit");
}

#[tokio::test]
async fn what_queues_up_is_one_batch_and_one_sync() {
    let (directory, map) = (tempfile::tempdir().expect("directory"), Map::default());
    let store = open(directory.path(), &map).expect("open");
    let (syncs, begins, go) = controlled_syncs(&map);

    let mut first = Box::pin(store.commit(create()));
    assert!(poll!(&mut first).is_pending());
    begins.recv().expect("the first batch");
    // `a#0` twice: the second is refused because of the first, in the same batch.
    let paths = ["a#0", "b#0", "a#0", "c#0", "d#0"];
    let mut queued: Vec<_> = paths
        .map(|path| Box::pin(store.commit(append(path))))
        .into();
    // Dropped after it was queued: written whole or not at all, here whole.
    let mut dropped = Box::pin(store.commit(append("e#0")));
    for commit in queued.iter_mut().chain([&mut dropped]) {
        assert!(poll!(commit).is_pending());
    }
    drop(dropped);
    go.send(()).expect("sync the first");
    go.send(()).expect("sync the second");
    first.await.expect("create");
    let results: Vec<StoreResult<Ack>> = join_all(queued).await;
    let seqs: Vec<_> = results
        .iter()
        .map(|r| r.as_ref().ok().map(|ack| ack.seq))
        .collect();
    assert_eq!(seqs, [Some(1), Some(2), None, Some(3), Some(4)]);
    assert_eq!(syncs.load(Ordering::SeqCst), 2);
    let journal = store.journal(&id(), 0).await.expect("journal");
    assert_eq!(journal.last().map(|entry| &*entry.path), Some("e#0"));
}

#[tokio::test]
async fn what_was_queued_when_the_last_handle_goes_is_written() {
    let (directory, map) = (tempfile::tempdir().expect("directory"), Map::default());
    let store = open(directory.path(), &map).expect("open");
    store.commit(create()).await.expect("create");
    for path in ["a#0", "b#0", "c#0"] {
        let mut commit = Box::pin(store.commit(append(path)));
        // Queued, perhaps done; nobody waits for it.
        let _ = poll!(&mut commit);
    }
    drop(store);
    let store = open(directory.path(), &map).expect("open");
    assert_eq!(store.journal(&id(), 0).await.expect("journal").len(), 3);
}

#[tokio::test]
async fn a_newer_format_and_a_lost_one_are_refused() {
    let (directory, map) = (tempfile::tempdir().expect("directory"), Map::default());
    drop(open(directory.path(), &map).expect("open"));
    let intact = map.pairs().clone();
    let reopen_with = |json: &str| {
        let mut batch = Batch::default();
        batch.put(&keys::format(), json.as_bytes(), 1);
        KeyValue::apply(&map, batch).expect("apply");
        open(directory.path(), &map).map(drop)
    };
    let newer = r#"{"magic":"agno","format":9,"min_reader":9,"created_by":"x","created_at":0}"#;
    let result = reopen_with(newer);
    assert!(
        matches!(
            result,
            Err(StoreError::NewerFormat {
                found: 9,
                supported: 6
            })
        ),
        "{result:?}"
    );
    // Newer, but it says that this version may use it; and a field that is not known.
    let usable =
        r#"{"magic":"agno","format":9,"min_reader":1,"created_by":"x","created_at":0,"y":[]}"#;
    reopen_with(usable).expect("a store that this version may use");
    let result = reopen_with(&usable.replace("\"agno\"", "\"other\""));
    assert!(
        matches!(result, Err(StoreError::Corrupt { .. })),
        "{result:?}"
    );

    map.pairs().clear();
    let result = open(directory.path(), &map);
    assert!(
        matches!(result, Err(StoreError::Corrupt { .. })),
        "{result:?}"
    );
    *map.pairs() = intact;
    open(directory.path(), &map).expect("the record is back");
}

#[tokio::test]
async fn a_log_that_lost_its_end_is_refused() {
    let (directory, map) = (tempfile::tempdir().expect("directory"), Map::default());
    let store = open(directory.path(), &map).expect("open");
    store.commit(create()).await.expect("create");
    let earlier = map.pairs().clone();
    store.commit(append("a#0")).await.expect("acknowledged");
    drop(store);
    *map.pairs() = earlier;
    match open(directory.path(), &map) {
        Err(StoreError::Corrupt { reason, .. }) => {
            assert!(reason.contains("lost its last 1 batches"), "{reason}");
        }
        other => panic!("an acknowledged commit is gone: {other:?}"),
    }
    // The way on that the message names.
    std::fs::remove_file(directory.path().join("AGNO")).expect("remove");
    let store = open(directory.path(), &map).expect("open without it");
    assert!(store.journal(&id(), 0).await.expect("journal").is_empty());
}

#[tokio::test]
async fn verify_tells_what_is_lost() {
    let (directory, map) = (tempfile::tempdir().expect("directory"), Map::default());
    let store = open(directory.path(), &map).expect("open");
    let mut first = create();
    first.entries = append("first#0").entries;
    store.commit(first).await.expect("create");
    for path in ["a#0", "b#0", "c#0"] {
        store.commit(append(path)).await.expect("append");
    }
    let sound = store.verify().await.expect("verify");
    assert_eq!((sound.runs, sound.entries, sound.problems.len()), (1, 4, 0));

    let chunk = |key: Vec<u8>| [key, vec![0, 0]].concat();
    let lost = [
        (keys::entry(&id(), "b#0"), "entry 3 is missing"),
        (keys::run(keys::INPUT, &id()), "has no input"),
        (keys::run(keys::HEAD, &id()), "has records but no head"),
        (keys::format(), "`format` is missing"),
    ];
    for (key, problem) in lost {
        let value = map.pairs().remove(&chunk(key.clone())).expect("a record");
        let report = store.verify().await.expect("verify");
        let told = report.problems.join("\n");
        assert!(
            report.problems.len() == 1 && told.contains(problem),
            "{problem}: {told}"
        );
        map.pairs().insert(chunk(key), value);
    }
    // The only entry that the head knows of, and a gap: a resume must not go on from these.
    for path in ["first#0", "a#0"] {
        let key = chunk(keys::entry(&id(), path));
        let value = map.pairs().remove(&key).expect("a record");
        let journal = store.journal(&id(), 0).await;
        assert!(
            matches!(journal, Err(StoreError::Corrupt { .. })),
            "{journal:?}"
        );
        map.pairs().insert(key, value);
    }
    // The last entry of a run, which nothing but the store's own count tells of.
    let key = chunk(keys::entry(&id(), "c#0"));
    let value = map.pairs().remove(&key).expect("a record");
    let report = store.verify().await.expect("verify");
    assert_eq!(
        report.problems,
        ["the journals have 3 entries, 4 were written"]
    );
    map.pairs().insert(key, value);

    map.pairs().insert(b"?what".to_vec(), vec![1]);
    let report = store.verify().await.expect("verify");
    assert_eq!(
        report.problems,
        ["record `unknown ?what` is of no known kind"]
    );
}

#[tokio::test]
async fn a_definition_is_acknowledged_only_when_it_is_durable() {
    let directory = tempfile::tempdir().expect("directory");
    let map = Map::default();
    let store = open(directory.path(), &map).expect("open");
    let save = async |body: &str| {
        let body = Json::parse(body).expect("JSON");
        store.save_definition("agent", "a", body, None).await
    };
    assert_eq!(save("1").await.expect("save"), 1);
    map.on_sync(|| {
        Err(StoreError::Io {
            context: "sync".to_owned(),
            message: "no space".to_owned(),
        })
    });
    // The same again writes nothing and needs no sync; another does.
    assert_eq!(save("1").await.expect("the same"), 1);
    assert_poisoned(save("2").await, "no space");
    assert_poisoned(store.definition("agent", "a", None).await, "no space");
}

#[tokio::test]
async fn a_refused_definition_does_not_end_writing() {
    let directory = tempfile::tempdir().expect("directory");
    let map = Map::default();
    let store = open(directory.path(), &map).expect("open");
    let saved = async |expected| {
        let body = Json::encode(&expected).expect("JSON");
        store.save_definition("agent", "a", body, expected).await
    };
    assert_eq!(saved(Some(0)).await.expect("save"), 1);
    let refused = saved(Some(7)).await;
    assert!(
        matches!(
            refused,
            Err(StoreError::DefinitionConflict { newest: 1, .. })
        ),
        "{refused:?}"
    );
    assert_eq!(saved(Some(1)).await.expect("save"), 2);
}

#[tokio::test]
async fn a_lost_or_damaged_definition_is_missed() {
    type Damage = fn(&mut std::collections::BTreeMap<Vec<u8>, Vec<u8>>, Vec<u8>);
    let lose: Damage = |pairs, chunk| drop(pairs.remove(&chunk));
    let flip: Damage = |pairs, chunk| {
        let value = pairs.get_mut(&chunk).expect("the record");
        *value.last_mut().expect("a byte") ^= 1;
    };
    for damage in [lose, flip] {
        let records = [
            keys::definition("agent", "a"),
            keys::definition_version("agent", "a", 1),
            keys::definition_version("agent", "a", 2),
        ];
        for key in records {
            let directory = tempfile::tempdir().expect("directory");
            let map = Map::default();
            let store = open(directory.path(), &map).expect("open");
            for body in ["1", "2"] {
                let body = Json::parse(body).expect("JSON");
                let saved = store.save_definition("agent", "a", body, None);
                saved.await.expect("save");
            }
            damage(&mut map.pairs(), [&key[..], &[0, 0]].concat());
            let report = store.verify().await.expect("verify");
            assert!(!report.problems.is_empty(), "{}", keys::readable(&key));
            // The others are listed all the same.
            let saved = store.save_definition("agent", "other", Json::null(), None);
            saved.await.expect("save");
            let listed = store.definitions("agent").await.expect("list");
            let listed: Vec<_> = listed.iter().map(|d| (&*d.name, d.version)).collect();
            let newest = key == keys::definition_version("agent", "a", 1);
            let expected = [("a", 2), ("other", 1)];
            assert_eq!(listed, expected[usize::from(!newest)..]);
            // Never a wrong value for a right one.
            for version in 1..=2_u32 {
                if let Ok(Some(found)) = store.definition("agent", "a", Some(version)).await {
                    assert_eq!(found.body.as_str(), version.to_string());
                }
            }
        }
    }
}
