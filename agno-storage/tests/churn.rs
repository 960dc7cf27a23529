//! A store that is rewritten again and again takes no more than three times what is alive in it.
#![cfg(any(feature = "sled", feature = "redb", feature = "sqlite"))]

mod common;

use std::{path::Path, sync::Arc};

use agno_storage::{
    CacheEntry, CacheFill, CacheKey, Commit, FieldChange, Json, Operation, RunStatus, RunUpdate,
    SessionKey, StateDelta, Storage,
};
use common::{create, id};

const KEYS: usize = 200;

/// What a store may take that has hardly anything in it: three times this.
const FLOOR: u64 = 16 * 1024 * 1024;

/// A value that does not compress, of `bytes`.
fn value(seed: usize, bytes: usize) -> Json {
    let mut text = String::with_capacity(bytes);
    let mut state = seed as u64 ^ 0x9E37_79B9_7F4A_7C15;
    while text.len() < bytes {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        text.push_str(&format!("{:016x}", state ^ (state >> 29)));
    }
    text.truncate(bytes);
    Json::encode(&text).expect("JSON")
}

/// Rewrites state fields, cached results and a run's output, and looks at the files as it goes.
async fn churn(store: Arc<dyn Storage>, bytes: usize, rounds: usize) {
    let run = id("churn");
    store.commit(create(&run)).await.expect("create");
    let (mut worst, mut most) = (0.0_f64, 0);
    for round in 0..rounds {
        for first in (0..KEYS).step_by(20) {
            let mut commit = Commit::new(run.clone(), 1);
            let changes = (first..first + 20).step_by(2).map(|key| FieldChange {
                field: format!("field-{key}").into(),
                by: "churn".into(),
                initial: None,
                operation: Operation::Replace {
                    value: value(round * KEYS + key, bytes),
                },
            });
            let session = SessionKey {
                workflow: "article".into(),
                session: "churn".into(),
            };
            commit.state = Some((
                session,
                StateDelta {
                    changes: changes.collect(),
                },
            ));
            commit.update = Some(Box::new(RunUpdate {
                output: Some(value(round, bytes)),
                ..RunUpdate::new(RunStatus::Running, 1)
            }));
            store.commit(commit).await.expect("fields");
            for key in (first + 1..first + 20).step_by(2) {
                let mut commit = Commit::new(run.clone(), 1);
                let entry = CacheEntry {
                    workflow: "article".into(),
                    step: "write".into(),
                    run: run.clone(),
                    output: value(round * KEYS + key, bytes),
                    stored_at: round as u64,
                    expires_at: None,
                    tags: Vec::new(),
                    parts: None,
                };
                let key = CacheKey(*blake3::hash(&key.to_be_bytes()).as_bytes());
                commit.cache = Some(Box::new(CacheFill { key, entry }));
                store.commit(commit).await.expect("a cached result");
            }
        }
        let stats = store.stats().await.expect("stats");
        let live = stats.live_bytes.expect("live bytes").max(FLOOR);
        let disk = stats.disk_bytes.expect("bytes on disk");
        most = most.max(disk);
        worst = worst.max(disk as f64 / live as f64);
        assert!(
            disk <= 3 * live,
            "round {round}: {disk} bytes on disk, {live} alive"
        );
    }
    let compacted = store.compact().await.expect("compact");
    let report = store.verify().await.expect("verify");
    assert_eq!(report.problems, [""; 0]);
    let stats = store.stats().await.expect("stats");
    // Below where it begins by itself: two and a half times.
    let live = stats.live_bytes.expect("live bytes").max(FLOOR);
    let after = compacted.after;
    assert!(2 * after <= 5 * live, "{after} bytes on disk, {live} alive");
    assert_eq!(
        (stats.fields, stats.cached),
        (KEYS as u64 / 2, KEYS as u64 / 2)
    );
    println!(
        "{}: {bytes} bytes, {rounds} rounds: {} alive, {} on disk, {most} at most, {worst:.2} times \
         the larger of alive and {FLOOR}; compacted: {}",
        store.location(),
        stats.live_bytes.unwrap_or(0),
        stats.disk_bytes.unwrap_or(0),
        stats.compacted_at.is_some(),
    );
    store.close().await.expect("close");
}

async fn at_every_size(open: impl Fn(&Path) -> Arc<dyn Storage>) {
    // By default as much as a push has time for.
    let times: usize =
        std::env::var("AGNO_CHURN").map_or(1, |times| times.parse().expect("AGNO_CHURN"));
    for (bytes, rounds) in [(4 * 1024, 16), (20 * 1024, 10), (200 * 1024, 5)] {
        let directory = tempfile::tempdir().expect("directory");
        churn(open(directory.path()), bytes, rounds * times).await;
        // What is there after it has moved opens, and is whole.
        let store = open(directory.path());
        let report = store.verify().await.expect("verify");
        assert_eq!(report.problems, [""; 0]);
    }
}

#[cfg(feature = "sled")]
#[tokio::test]
async fn sled_does_not_grow_past_three_times_what_is_alive() {
    at_every_size(|path| Arc::new(agno_storage::SledStorage::open(path).expect("open"))).await;
}

#[cfg(feature = "redb")]
#[tokio::test]
async fn redb_does_not_grow_past_three_times_what_is_alive() {
    at_every_size(|path| Arc::new(agno_storage::RedbStorage::open(path).expect("open"))).await;
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn sqlite_does_not_grow_past_three_times_what_is_alive() {
    at_every_size(|path| Arc::new(agno_storage::SqliteStorage::open(path).expect("open"))).await;
}
