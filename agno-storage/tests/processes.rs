//! Two processes at one store, and processes that are killed.
//!
//! The tests marked as ignored are the other processes: the tests start this program again with
//! their name.
#![cfg(all(any(feature = "sled", feature = "redb", feature = "sqlite"), unix))]

mod common;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader, Read, Write},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use agno_storage::{RequestQuery, RunQuery, Storage, StoreError};
use common::{BACK_ENDS, BackEnd, asking_step, create, end, id, output, request, session};

const STORE: &str = "AGNO_TEST_STORE";
const BACK_END: &str = "AGNO_TEST_BACK_END";

/// The back end of this name.
fn named(name: &str) -> &'static BackEnd {
    let found = BACK_ENDS.iter().find(|back_end| back_end.name == name);
    found.expect("it is part of this build")
}

/// The tests of each back end, as `sled::a_second_process_is_told_who_has_it`.
macro_rules! each_backend {
    ($($feature:literal $name:ident),+) => {$(
        #[cfg(feature = $feature)]
        mod $name {
            use super::named;

            #[test]
            fn a_second_process_is_told_who_has_it() {
                super::a_second_process_is_told_who_has_it(named($feature));
            }

            #[tokio::test]
            async fn a_killed_process_loses_nothing_acknowledged() {
                super::a_killed_process_loses_nothing_acknowledged(named($feature)).await;
            }

            #[tokio::test]
            async fn a_killed_process_removes_runs_whole_or_not_at_all() {
                let back_end = named($feature);
                super::a_killed_process_removes_runs_whole_or_not_at_all(back_end).await;
            }
        }
    )+};
}

each_backend!("sled" sled, "redb" redb, "sqlite" sqlite);

/// Starts one of the ignored tests in a process of its own.
fn start(test: &str, back_end: &BackEnd, store: &Path) -> (Child, BufReader<ChildStdout>) {
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", test, "--ignored", "--nocapture"])
        .env(STORE, store)
        .env(BACK_END, back_end.name)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("start a process");
    let stdout = child.stdout.take().expect("its output");
    (child, BufReader::new(stdout))
}

fn store_of_the_test() -> Arc<dyn Storage> {
    let path = std::env::var_os(STORE).expect("started by another test");
    let back_end = std::env::var(BACK_END).expect("started by another test");
    named(&back_end).open(Path::new(&path))
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

fn a_second_process_is_told_who_has_it(back_end: &BackEnd) {
    let directory = tempfile::tempdir().expect("directory");
    let (mut child, mut said) = start("holds_the_store", back_end, directory.path());
    let mut line = String::new();
    while !line.ends_with("open\n") {
        assert_ne!(
            said.read_line(&mut line).expect("read"),
            0,
            "it ended: {line}"
        );
    }
    match (back_end.open)(directory.path()) {
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
    (back_end.open)(directory.path()).expect("it is free again");
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
                    let ack = store.commit(asking_step(&run, number)).await.expect("step");
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

async fn a_killed_process_loses_nothing_acknowledged(back_end: &BackEnd) {
    let directory = tempfile::tempdir().expect("directory");
    let mut acknowledged = BTreeMap::<String, BTreeSet<usize>>::new();
    for kill in 0..kills(30) {
        let said = kill_within(80, "commits_until_killed", back_end, directory.path(), kill);
        for (run, number) in said.iter().filter_map(|line| words(line, "ack ")) {
            let steps = acknowledged.entry(run.to_owned()).or_default();
            steps.insert(number.parse().expect("a number"));
        }
        check(back_end, directory.path(), &acknowledged, kill).await;
    }
    let total: usize = acknowledged.values().map(BTreeSet::len).sum();
    println!("{total} acknowledged steps, all there");
    assert!(
        total >= kills(30) / 2,
        "hardly anything was acknowledged: {total}"
    );
}

/// How often to kill: `usual`, or what the environment asks for.
fn kills(usual: usize) -> usize {
    std::env::var("AGNO_KILLS").map_or(usual, |n| n.parse().expect("AGNO_KILLS"))
}

/// The two words of a line behind its mark.
fn words<'a>(line: &'a str, mark: &str) -> Option<(&'a str, &'a str)> {
    line.split_once(mark)?.1.split_once(' ')
}

/// Starts one of the ignored tests, kills it within so many milliseconds, and answers the whole
/// lines that it said. Every third one is perhaps killed while it still opens the store; for the
/// others the time begins with the first line.
fn kill_within(
    millis: u64,
    test: &str,
    back_end: &BackEnd,
    store: &Path,
    kill: usize,
) -> Vec<String> {
    let (mut child, mut said) = start(test, back_end, store);
    // Any sequence of delays will do; this one differs from run to run.
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970");
    let delay = u64::from(now.subsec_nanos())
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    let mut kill_soon = Some(move || {
        thread::spawn(move || {
            thread::sleep(Duration::from_millis((delay >> 33) % millis));
            child.kill().expect("kill");
            child.wait().expect("wait");
        })
    });
    let mut killer = kill
        .is_multiple_of(3)
        .then(|| kill_soon.take().expect("alive")());
    let (mut lines, mut line) = (Vec::new(), String::new());
    while said.read_line(&mut line).expect("read") > 0 {
        // The last line may be cut.
        if let Some(whole) = line.strip_suffix('\n') {
            if whole.contains("ack ") {
                killer = killer.or_else(|| Some(kill_soon.take().expect("alive")()));
            }
            lines.push(whole.to_owned());
        }
        line.clear();
    }
    let killer = killer.expect("it ended before it did anything");
    killer.join().expect("kill");
    lines
}

/// Makes runs of many entries that end, and removes them; a line for each that is
/// made and for each that is removed.
#[test]
#[ignore = "the other process of a_killed_process_removes_runs_whole_or_not_at_all"]
fn removes_until_killed() {
    let store = store_of_the_test();
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.expect("a runtime").block_on(async {
        for number in 0.. {
            let run = id(&format!("{number}-{}", std::process::id()));
            let mut first = create(&run);
            for step in 0..LARGE {
                let commit = asking_step(&run, step);
                first.entries.extend(commit.entries);
            }
            store.commit(first).await.expect("create");
            store.commit(end(&run)).await.expect("end");
            tell(&format!("ack {run} made"));
            assert!(store.delete_run(&run).await.expect("delete"));
            tell(&format!("ack {run} removed"));
        }
    });
}

const LARGE: usize = 1000;

async fn a_killed_process_removes_runs_whole_or_not_at_all(back_end: &BackEnd) {
    let directory = tempfile::tempdir().expect("directory");
    let (mut removed, mut whole) = (0, 0);
    for kill in 0..kills(20) {
        // On a slow machine it is given more time, until it has removed something.
        let within = if removed == 0 {
            30 * (1 + kill as u64)
        } else {
            30
        };
        let said = kill_within(
            within,
            "removes_until_killed",
            back_end,
            directory.path(),
            kill,
        );
        let said: BTreeSet<_> = said.iter().filter_map(|l| words(l, "ack ")).collect();
        let store = (back_end.open)(directory.path()).expect("open after a kill");
        for (run, done) in &said {
            if *done == "removed" {
                let head = store.run(&id(run)).await.expect("run");
                assert!(head.is_none(), "kill {kill}: {run} is back");
                removed += 1;
            } else if !said.contains(&(run, "removed")) {
                // Perhaps it was being removed; if it is there, all of it is.
                whole += usize::from(store.run(&id(run)).await.expect("run").is_some());
            }
        }
        for run in store.runs(RunQuery::default()).await.expect("runs") {
            let journal = store.journal(&run.id, 0).await.expect("journal");
            assert_eq!(journal.len(), LARGE, "kill {kill}");
            assert!(store.input(&run.id).await.expect("input").is_some());
            let output = store.output(&run.id).await.expect("output");
            assert_eq!(output.is_some(), run.status.is_over(), "kill {kill}");
        }
        let report = store.verify().await.expect("verify");
        assert_eq!(report.problems, [""; 0], "kill {kill}: {said:?}");
        store.close().await.expect("close");
    }
    println!("{removed} runs removed, {whole} made and still there");
    assert!(removed > 0);
}

async fn check(
    back_end: &BackEnd,
    path: &Path,
    acknowledged: &BTreeMap<String, BTreeSet<usize>>,
    kill: usize,
) {
    let store = (back_end.open)(path).expect("open after a kill");
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
        // Opened and closed with the steps, or not.
        let query = RequestQuery {
            run: Some(run.id.clone()),
            ..RequestQuery::default()
        };
        let open = store.requests(query).await.expect("requests");
        let last = journal.len().checked_sub(1);
        let expected: Vec<_> = last
            .map(|last| request(&run.id, last))
            .into_iter()
            .collect();
        assert_eq!(open, expected, "kill {kill}");
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
