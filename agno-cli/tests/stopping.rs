//! Stopping and going on: Ctrl-C, crashes, locks.
#![cfg(unix)]

mod common;

use std::{
    io::{BufRead, BufReader},
    os::unix::process::ExitStatusExt,
    process::Child,
    time::{Duration, Instant},
};

use common::{Answer, Place};
use rustix::process::{Pid, Signal, kill_process};

fn signal(child: &Child, signal: Signal) {
    let pid = i32::try_from(child.id())
        .ok()
        .and_then(Pid::from_raw)
        .expect("a process");
    kill_process(pid, signal).expect("is running");
}

fn strs(args: &[String]) -> Vec<&str> {
    args.iter().map(String::as_str).collect()
}

#[test]
fn ctrl_c_stops_after_the_running_step() {
    for stop in [Signal::INT, Signal::TERM] {
        let place = Place::new();
        let mut args = place.slow(20, 50);
        args.push("--json".to_owned());
        let child = place.start(&strs(&args));
        place.wait_for_ticks(2);
        signal(&child, stop);
        let stopped = Answer::of(child.wait_with_output()).exits(130);
        let stopped = stopped
            .says("stopping after the running step; press Ctrl-C again to stop now")
            .says("interrupted after");
        let resumes = stopped.err.matches(" resume ").count();
        assert_eq!(resumes, 1, "{stopped:?}");
        let report = stopped.json();
        assert_eq!(report["status"], "interrupted");
        assert_eq!(report["error"]["code"], "interrupted");
        let ran = place.ticks().len();
        assert_eq!(report["steps_run"], ran);
        let next = stopped.next();
        assert_eq!(next, ["resume", report["run_id"].as_str().expect("an id")]);

        let runs = place.many(&["runs"]).exits(0).prints("interrupted");
        assert!(runs.out.contains(&next.join(" ")), "{runs:?}");
        place
            .many(&["show", &next[1]])
            .exits(0)
            .prints("interrupted");
        let other = place.many(&["run", "fragile", "--how", "x"]).exits(0);
        other.says("1 interrupted run: ").says(&next.join(" "));

        let resumed = place.many(&["resume", &next[1], "--json"]).exits(0).json();
        assert_eq!(resumed["output"], (0..20).sum::<u32>());
        assert_eq!(resumed["steps_replayed"], ran);
        assert_eq!(
            place.ticks(),
            (0..20).collect::<Vec<_>>(),
            "each step ran once"
        );
    }
}

#[test]
fn a_second_ctrl_c_stops_at_once() {
    let place = Place::new();
    let mut args = place.slow(2, 60_000);
    args.push("--json".to_owned());
    let mut child = place.start(&strs(&args));
    let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    let mut wait_for = |words: &str| loop {
        let line = lines.next().expect("more to come").expect("text");
        if line.contains(words) {
            return line;
        }
    };
    wait_for("✔ tick");
    let begun = Instant::now();
    signal(&child, Signal::INT);
    wait_for("stopping after the running step");
    signal(&child, Signal::INT);
    wait_for("stopped; the step that was running is not recorded");
    let next = wait_for("next: ");
    let stopped = Answer::of(child.wait_with_output()).exits(130);
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
    let report = stopped.json();
    assert_eq!(report["status"], "interrupted");
    let id = report["run_id"].as_str().expect("an id");
    assert!(next.ends_with(&format!(" resume {id}")), "{next}");
    place.many(&["show", id]).exits(0).prints("interrupted");
}

#[test]
fn a_crash_after_any_commit_runs_no_recorded_step_twice() {
    for commits in 1.. {
        let place = Place::new();
        let mut command = place.command("many_workflows", &strs(&place.slow(4, 1)));
        let output = command
            .env("AGNO_CRASH_AFTER", commits.to_string())
            .output()
            .expect("runs");
        if output.status.success() {
            assert!(commits > 4, "only {commits} commits");
            break;
        }
        assert_eq!(output.status.signal(), Some(9), "{output:?}");
        let resumed = place
            .many(&["resume", &place.newest(), "--json"])
            .exits(0)
            .json();
        assert_eq!(resumed["output"], 6, "after {commits}");
        assert_eq!(place.ticks(), [0, 1, 2, 3], "after {commits}");
        place.many(&["store", "verify"]).exits(0);
    }
}

#[test]
fn a_second_process_hears_who_has_the_store() {
    let place = Place::new();
    let child = place.start(&strs(&place.slow(40, 50)));
    place.wait_for_ticks(1);
    let locked = place.many(&["run", "fragile", "--how", "x"]).exits(1);
    let locked = locked.says(&format!("is in use by pid {} (many_workflows", child.id()));
    let locked = locked.says("wait until it ends, or use another store");
    let next = locked.next().join(" ");
    assert_eq!(next, "run fragile --how x --detach");
    locked.says("run fragile --how x --store ./.agno-2\n");
    // Whatever has to write the store is refused.
    let cache = place.many(&["cache", "clear", "--json"]).exits(1);
    assert_eq!(cache.json()["error"]["code"], "locked");
    assert_eq!(cache.next().join(" "), "cache clear --json");
    // What only reads asks the one that has it.
    place.many(&["runs"]).exits(0).prints("running");
    // What needs no store is still answered.
    place.many(&["store", "path"]).exits(0);
    place.many(&["schema", "slow"]).exits(0);
    place
        .many(&["run", "fragile", "--how", "x", "--store", "other"])
        .exits(0);
    signal(&child, Signal::INT);
    Answer::of(child.wait_with_output()).exits(130);
    assert_eq!(place.runs(), 1);
}
