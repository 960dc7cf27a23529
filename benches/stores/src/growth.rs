//! What becomes of time as a store grows: ten thousand runs of one session, and a million entries.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use agno::{Entry, EntryKind, Json, RunId, RunRecord, storage::Commit};

use crate::workloads::{runtime, shop};

/// Runs of one session, one after the other.
const RUNS: usize = 10_000;
/// As many are compared, of the first and of the last.
const COMPARED: usize = 100;
/// Journal entries of the large store, and in one run of it.
const ENTRIES: usize = 1_000_000;
const EACH: usize = 1_000;

/// Of one store.
pub(crate) struct Growth {
    pub(crate) name: &'static str,
    pub(crate) first: Duration,
    pub(crate) last: Duration,
    pub(crate) opened: Duration,
}

pub(crate) async fn measure(directory: &Path) -> Vec<Growth> {
    let mut measured = Vec::new();
    for name in ["sled", "redb", "sqlite"] {
        let url = format!("{name}:{}", directory.join(name).display());
        let (first, last) = one_session(&url).await;
        let url = format!(
            "{name}:{}",
            directory.join(format!("{name}-large")).display()
        );
        let opened = large(&url).await;
        measured.push(Growth {
            name,
            first,
            last,
            opened,
        });
    }
    measured
}

/// The time of the first runs and of the last.
async fn one_session(url: &str) -> (Duration, Duration) {
    let runtime = runtime(agno::open(url).await.expect("it opens")).await;
    // Whatever is done once is done.
    shop(&runtime).await;
    let mut times = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let begun = Instant::now();
        shop(&runtime).await;
        times.push(begun.elapsed());
    }
    let median = |times: &[Duration]| {
        let mut times = times.to_vec();
        times.sort_unstable();
        times[times.len() / 2]
    };
    (
        median(&times[..COMPARED]),
        median(&times[RUNS - COMPARED..]),
    )
}

/// How long a store with a million entries takes to open and to show a run.
async fn large(url: &str) -> Duration {
    let store = agno::open(url).await.expect("it opens");
    for run in 0..ENTRIES / EACH {
        let id = RunId::new(format!("run-{run:08}")).expect("a legal id");
        let head = RunRecord::new(id.clone(), "large".into(), "default".into(), run as u64);
        let input = agno::storage::RunInput {
            input: Json::null(),
            state: None,
        };
        let mut commit = Commit::new(id.clone(), 1);
        commit.create = Some(Box::new((head, input)));
        commit.entries = (0..EACH)
            .map(|step| {
                let path = format!("step#{step}");
                let mut entry = Entry::new(EntryKind::Step, path.into(), 0);
                let text = format!("{run}/{step} ").repeat(12);
                entry.output = Json::encode(&text).ok();
                entry
            })
            .collect();
        store.commit(commit).await.expect("commits");
    }
    store.close().await.expect("it closes");
    drop(store);
    let begun = Instant::now();
    let store = agno::open(url).await.expect("it opens again");
    let run = RunId::new("run-00000007").expect("a legal id");
    assert!(store.run(&run).await.expect("reads").is_some());
    let opened = begun.elapsed();
    store.close().await.expect("it closes");
    opened
}
