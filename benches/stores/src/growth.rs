//! What becomes of time as a store grows: ten thousand runs of one session, and a million entries.

use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use agno::{Entry, EntryKind, Json, RunId, RunRecord, Runtime, storage::Commit};

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
    pub(crate) session: Session,
    pub(crate) opened: Duration,
}

/// The median of a hundred runs each.
pub(crate) struct Session {
    pub(crate) first: Duration,
    pub(crate) last: Duration,
    /// Of more runs, each with one of a new store before it.
    pub(crate) new: Duration,
    pub(crate) beside_new: Duration,
}

/// The stores that grow by themselves.
pub(crate) const GROWING: [&str; 3] = ["sled", "redb", "sqlite"];

/// Measures each store in a process of its own, as a program that does nothing else.
pub(crate) fn measure() -> Vec<Growth> {
    let program = std::env::current_exe().expect("its own name");
    let of = |name| {
        let measured = Command::new(&program).args(["--growth", name]).output();
        let told = String::from_utf8(measured.expect("it runs").stdout).expect("text");
        let mut times = told
            .split_whitespace()
            .map(|micros| Duration::from_micros(micros.parse().expect("a number of microseconds")));
        let mut next = || times.next().expect("five numbers");
        Growth {
            name,
            session: Session {
                first: next(),
                last: next(),
                new: next(),
                beside_new: next(),
            },
            opened: next(),
        }
    };
    GROWING.map(of).into()
}

/// One store, in this process: five times in microseconds.
pub(crate) async fn told(name: &str, directory: &Path) -> String {
    let url = |which: &str| {
        let place = directory.join(format!("{name}-{which}"));
        format!("{name}:{}", place.display())
    };
    let session = one_session(&url("old"), &url("new")).await;
    let opened = large(&url("large")).await;
    let Session {
        first,
        last,
        new,
        beside_new,
    } = session;
    let times = [first, last, new, beside_new, opened];
    times.map(|time| time.as_micros().to_string()).join(" ")
}

/// The runs of a session from its first to its last. Between those lies half a minute, in which the machine may become
/// another: so the full store is measured beside a new one as well, run by run.
async fn one_session(old: &str, new: &str) -> Session {
    let old = runtime(agno::open(old).await.expect("it opens")).await;
    let first = compared(&old).await;
    for _ in 0..RUNS - 2 * COMPARED {
        shop(&old).await;
    }
    let last = compared(&old).await;
    let new = runtime(agno::open(new).await.expect("it opens")).await;
    // Whatever is done once is done.
    shop(&new).await;
    let (mut of_new, mut of_old) = (Vec::new(), Vec::new());
    for _ in 0..COMPARED {
        of_new.push(timed(&new).await);
        of_old.push(timed(&old).await);
    }
    Session {
        first,
        last,
        new: median(of_new),
        beside_new: median(of_old),
    }
}

async fn compared(runtime: &Runtime) -> Duration {
    let mut times = Vec::new();
    for _ in 0..COMPARED {
        times.push(timed(runtime).await);
    }
    median(times)
}

async fn timed(runtime: &Runtime) -> Duration {
    let begun = Instant::now();
    shop(runtime).await;
    begun.elapsed()
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
