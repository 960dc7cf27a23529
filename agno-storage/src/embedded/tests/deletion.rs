//! Removing a run: begun in one batch, durable before it is told, and the way out of damage.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use super::{append, assert_poisoned, create, id, open};
use crate::{
    Commit, RunStatus, RunUpdate, Storage, StoreError,
    embedded::{Embedded, keys, map::Map},
};

/// A run that is over, with a journal of three.
async fn ended(map: &Map, directory: &std::path::Path) -> Embedded<Map> {
    let store = open(directory, map).expect("open");
    store.commit(create()).await.expect("create");
    for path in ["a#0", "b#0", "c#0"] {
        store.commit(append(path)).await.expect("append");
    }
    let mut end = Commit::new(id(), 1);
    end.update = Some(Box::new(RunUpdate::new(RunStatus::Failed, 1)));
    store.commit(end).await.expect("end");
    store
}

#[tokio::test]
async fn it_leaves_nothing() {
    let (directory, map) = (tempfile::tempdir().expect("directory"), Map::default());
    let store = ended(&map, directory.path()).await;
    let batches = Arc::new(AtomicUsize::new(0));
    let counter = batches.clone();
    map.on_apply(move || {
        counter.fetch_add(1, Ordering::SeqCst);
        Ok(())
    });
    assert!(store.delete_run(&id()).await.expect("delete"));
    assert_eq!(batches.load(Ordering::SeqCst), 3);
    assert!(!store.delete_run(&id()).await.expect("delete again"));
    assert_eq!(batches.load(Ordering::SeqCst), 3);
    let left: Vec<_> = map.pairs().keys().map(|key| key[0]).collect();
    assert_eq!(left, [keys::LAST_BATCH, keys::FORMAT]);
}

#[tokio::test]
async fn one_that_was_cut_short_is_finished_by_the_next_opening() {
    for part in 1..=3 {
        let (directory, map) = (tempfile::tempdir().expect("directory"), Map::default());
        let store = ended(&map, directory.path()).await;
        let applied = AtomicUsize::new(0);
        let torn = map.clone();
        map.on_apply(move || {
            if applied.fetch_add(1, Ordering::SeqCst) + 1 < part {
                return Ok(());
            }
            // Of the records, one is left behind.
            if part == 2 {
                let key = [keys::entry(&id(), "b#0"), vec![0, 0]].concat();
                torn.pairs().insert(key, vec![1]);
            }
            Err(StoreError::Closed)
        });
        store.delete_run(&id()).await.expect_err("cut short");
        drop(store);
        map.on_apply(|| Ok(()));
        let store = open(directory.path(), &map).expect("open again");
        assert!(store.run(&id()).await.expect("run").is_none());
        let left: Vec<_> = map.pairs().keys().map(|key| key[0]).collect();
        assert_eq!(left, [keys::LAST_BATCH, keys::FORMAT], "part {part}");
        let report = store.verify().await.expect("verify");
        assert_eq!(report.problems, [""; 0], "part {part}");
        store.commit(create()).await.expect("its id is free");
    }
}

#[tokio::test]
async fn it_is_told_only_when_it_is_durable() {
    let (directory, map) = (tempfile::tempdir().expect("directory"), Map::default());
    let store = ended(&map, directory.path()).await;
    map.on_sync(|| {
        Err(StoreError::Io {
            context: "sync".to_owned(),
            message: "no space".to_owned(),
        })
    });
    assert_poisoned(store.delete_run(&id()).await, "no space");
    assert_poisoned(store.run(&id()).await, "no space");
    assert_poisoned(store.put_artifact(vec![1]).await, "no space");
}

#[tokio::test]
async fn a_refused_one_does_not_end_writing() {
    let (directory, map) = (tempfile::tempdir().expect("directory"), Map::default());
    let store = open(directory.path(), &map).expect("open");
    store.commit(create()).await.expect("create");
    let refused = store.delete_run(&id()).await;
    assert!(matches!(refused, Err(StoreError::RunNotOver { .. })));
    store.commit(append("a#0")).await.expect("append");
}

#[tokio::test]
async fn what_is_left_of_a_damaged_run_goes_too() {
    type Damage = fn(&Map);
    let chunk = |key: Vec<u8>| [key, vec![0, 0]].concat();
    let lost_head: Damage = |map| {
        let key = [keys::run(keys::HEAD, &id()), vec![0, 0]].concat();
        map.pairs().remove(&key).expect("the head");
    };
    let lost_entry: Damage = |map| {
        let key = [keys::entry(&id(), "c#0"), vec![0, 0]].concat();
        map.pairs().remove(&key).expect("an entry");
    };
    let torn_entry: Damage = |map| {
        let key = [keys::entry(&id(), "b#0"), vec![0, 0]].concat();
        map.pairs().get_mut(&key).expect("an entry").truncate(3);
    };
    for damage in [lost_head, lost_entry, torn_entry] {
        let (directory, map) = (tempfile::tempdir().expect("directory"), Map::default());
        let store = ended(&map, directory.path()).await;
        damage(&map);
        let report = store.verify().await.expect("verify");
        assert!(!report.problems.is_empty());
        assert!(store.delete_run(&id()).await.expect("delete"));
        let report = store.verify().await.expect("verify");
        assert_eq!(report.problems, [""; 0]);
        // What is lost later is missed as before.
        store.commit(create()).await.expect("create");
        store.commit(append("a#0")).await.expect("append");
        let key = chunk(keys::entry(&id(), "a#0"));
        map.pairs().remove(&key).expect("an entry");
        let report = store.verify().await.expect("verify");
        assert_eq!(report.problems.len(), 1);
    }
}

#[tokio::test]
async fn a_head_that_does_not_read_keeps_its_run() {
    let (directory, map) = (tempfile::tempdir().expect("directory"), Map::default());
    let store = ended(&map, directory.path()).await;
    let key = [keys::run(keys::HEAD, &id()), vec![0, 0]].concat();
    let intact = map.pairs()[&key].clone();
    map.pairs().get_mut(&key).expect("the head").truncate(9);
    let refused = store.delete_run(&id()).await;
    assert!(matches!(refused, Err(StoreError::Corrupt { .. })));
    map.pairs().insert(key, intact);
    assert_eq!(store.journal(&id(), 0).await.expect("journal").len(), 3);
}
