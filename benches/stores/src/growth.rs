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
        let url = |which: &str| {
            let place = directory.join(format!("{name}-{which}"));
            format!("{name}:{}", place.display())
        };
        let (first, last) = one_session(&url("old"), &url("new")).await;
        let opened = large(&url("large")).await;
        measured.push(Growth {
            name,
            first,
            last,
            opened,
        });
    }
    measured
}

/// The time of the first runs of a session and of its last. Between those lies a minute in which the
/// machine may become another, so the first are those of a new store, one for each of the last.
async fn one_session(old: &str, new: &str) -> (Duration, Duration) {
    let old = runtime(agno::open(old).await.expect("it opens")).await;
    let new = runtime(agno::open(new).await.expect("it opens")).await;
    for _ in 0..RUNS - COMPARED {
        shop(&old).await;
    }
    // Whatever is done once is done.
    shop(&new).await;
    let (mut first, mut last) = (Vec::new(), Vec::new());
    for _ in 0..COMPARED {
        for (runtime, times) in [(&new, &mut first), (&old, &mut last)] {
            let begun = Instant::now();
            shop(runtime).await;
            times.push(begun.elapsed());
        }
    }
    (median(first), median(last))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
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
