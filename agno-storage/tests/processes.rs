//! Two processes at one store, and processes that are killed.
//!
//! The tests marked as ignored are the other processes: the tests start this program again with
//! their name.
#![cfg(all(feature = "sled", unix))]

mod common;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader, Read, Write},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use agno_storage::{RunQuery, SledStorage, Storage, StoreError};
use common::{create, id, output, session, step};

const STORE: &str = "AGNO_TEST_STORE";

/// Starts one of the ignored tests in a process of its own.
fn start(test: &str, store: &Path) -> (Child, BufReader<ChildStdout>) {
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", test, "--ignored", "--nocapture"])
        .env(STORE, store)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("start a process");
    let stdout = child.stdout.take().expect("its output");
    (child, BufReader::new(stdout))
}

fn store_of_the_test() -> SledStorage {
    let path = std::env::var_os(STORE).expect("started by another test");
    SledStorage::open(path).expect("open")
}

/// Writes a line at once, past the test harness.
fn tell(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .expect("the test listens");
}

#[test]
#[ignore = "the other process of a_second_process_is_told_who_has_it"]
fn holds_the_store() {
    let store = store_of_the_test();
    tell("open");
    std::io::stdin().read_to_end(&mut Vec::new()).expect("wait");
    drop(store);
}

#[test]
fn a_second_process_is_told_who_has_it() {
    let directory = tempfile::tempdir().expect("directory");
    let (mut child, mut said) = start("holds_the_store", directory.path());
    let mut line = String::new();
    while !line.ends_with("open\n") {
        assert_ne!(
            said.read_line(&mut line).expect("read"),
            0,
            "it ended: {line}"
        );
    }
    match SledStorage::open(directory.path()) {
        Err(StoreError::Locked { holder, .. }) => {
            assert!(
                holder.starts_with(&format!("pid {} (processes-", child.id())),
                "{holder}"
            );
            assert!(
                holder.contains(", since ") && holder.ends_with(" UTC)"),
                "{holder}"
            );
        }
        other => panic!("two processes have it: {other:?}"),
    }
    drop(child.stdin.take());
    assert!(child.wait().expect("wait").success());
    SledStorage::open(directory.path()).expect("it is free again");
}

/// Three runs at once, for ever; a line for each acknowledged step.
#[test]
#[ignore = "the other process of a_killed_process_loses_nothing_acknowledged"]
fn commits_until_killed() {
    let store = store_of_the_test();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build();
    runtime.expect("a runtime").block_on(async {
        let runs = ["a", "b", "c"].map(|name| {
            let (store, run) = (store.clone(), id(&format!("{name}-{}", std::process::id())));
            tokio::spawn(async move {
                store.commit(create(&run)).await.expect("create");
                for number in 0.. {
                    let ack = store.commit(step(&run, number)).await.expect("step");
                    assert_eq!(ack.seq, number as u64 + 1);
                    tell(&format!("ack {run} {number}"));
                }
            })
        });
        for run in runs {
            run.await.expect("a task");
        }
    });
}

#[tokio::test]
async fn a_killed_process_loses_nothing_acknowledged() {
    let kills = std::env::var("AGNO_KILLS").map_or(30, |n| n.parse().expect("AGNO_KILLS"));
    let directory = tempfile::tempdir().expect("directory");
    let mut acknowledged = BTreeMap::<String, BTreeSet<usize>>::new();
    // Any sequence of delays will do; this one differs from run to run.
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970");
    let mut delay = u64::from(now.subsec_nanos());
    for kill in 0..kills {
        let (mut child, mut said) = start("commits_until_killed", directory.path());
        delay = delay
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let mut kill_soon = Some(move || {
            thread::spawn(move || {
                thread::sleep(Duration::from_millis((delay >> 33) % 80));
                child.kill().expect("kill");
                child.wait().expect("wait");
            })
        });
        // Every other one perhaps while it still opens the store.
        let mut killer = (kill % 2 == 0).then(|| kill_soon.take().expect("alive")());
        let mut line = String::new();
        while said.read_line(&mut line).expect("read") > 0 {
            // The last line may be cut.
            let ack = line
                .strip_suffix('\n')
                .and_then(|line| line.split_once("ack "));
            if let Some((run, number)) = ack.and_then(|(_, ack)| ack.split_once(' ')) {
                let steps = acknowledged.entry(run.to_owned()).or_default();
                steps.insert(number.parse().expect("a number"));
                killer = killer.or_else(|| Some(kill_soon.take().expect("alive")()));
            }
            line.clear();
        }
        let killer = killer.expect("it ended before it did anything");
        killer.join().expect("kill");
        check(directory.path(), &acknowledged, kill).await;
    }
    let total: usize = acknowledged.values().map(BTreeSet::len).sum();
    println!("{kills} kills, {total} acknowledged steps, all there");
    assert!(
        total >= kills / 2,
        "hardly anything was acknowledged: {total}"
    );
}

async fn check(path: &Path, acknowledged: &BTreeMap<String, BTreeSet<usize>>, kill: usize) {
    let store = SledStorage::open(path).expect("open after a kill");
    let mut recorded = 0;
    for run in store.runs(RunQuery::default()).await.expect("runs") {
        // Fails on a gap.
        let journal = store.journal(&run.id, 0).await.expect("journal");
        for (entry, number) in journal.iter().zip(0..) {
            assert_eq!(&*entry.path, format!("step#{number}"));
            assert_eq!(entry.output, Some(output(&run.id, number)));
        }
        let last = acknowledged.get(run.id.as_str()).and_then(BTreeSet::last);
        let needed = last.map_or(0, |last| last + 1);
        assert!(
            journal.len() >= needed,
            "kill {kill}: {} of {needed} steps",
            journal.len()
        );
        recorded += journal.len();
    }
    for run in acknowledged.keys() {
        assert!(
            store.run(&id(run)).await.expect("run").is_some(),
            "kill {kill}: lost {run}"
        );
    }
    // A step and its change of state are one.
    let state = store.session(&session()).await.expect("session");
    let total = state.get("total").map_or("0", |total| total.value.as_str());
    assert_eq!(total, recorded.to_string(), "kill {kill}");
    let report = store.verify().await.expect("verify");
    assert_eq!(report.problems, [""; 0], "kill {kill}");
    common::assert_no_blobs(path);
    store.close().await.expect("close");
}
