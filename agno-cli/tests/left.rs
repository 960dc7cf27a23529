//! Runs that are left to a worker in another process.
#![cfg(unix)]

mod common;

use std::{
    path::Path,
    process::Child,
    time::{Duration, Instant},
};

use common::{Answer, Place};
use serde_json::json;

fn gated(place: &Place, args: &[&str]) -> Answer {
    Answer::of(place.command("gated", args).output())
}

/// Leaves a run to a worker. It has one gate, in a directory of its own.
fn leave(place: &Place, id: &str) -> String {
    let gates = place.file(&format!("gates-{id}"));
    std::fs::create_dir(&gates).expect("is new");
    let input = json!({"steps": 1, "place": gates}).to_string();
    let run = ["run", "-i", &input, "--run-id", id, "--detach", "--json"];
    let left = gated(place, &run).exits(0).json();
    left["status"].as_str().expect("a status").to_owned()
}

fn wait_for(path: &Path) {
    let begun = Instant::now();
    while !path.exists() {
        assert!(begun.elapsed() < Duration::from_secs(60), "no {path:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn worker(place: &Place) -> Child {
    let mut worker = place.command("gated", &["worker", "--limit", "1"]);
    let worker = worker.spawn().expect("starts");
    wait_for(&place.file(".agno/owner.sock"));
    worker
}

#[test]
fn a_run_that_is_left_to_a_worker_is_stored_and_waits_for_room() {
    let place = Place::new();
    let mut killed = worker(&place);
    leave(&place, "first");
    wait_for(&place.file("gates-first/at.0"));
    // There is room for one.
    assert_eq!(leave(&place, "second"), "pending");
    killed.kill().expect("is running");
    killed.wait().expect("ends");
    let runs = gated(&place, &["runs", "--status", "pending"]).exits(0);
    runs.prints("second");
    assert!(!place.file("gates-second/at.0").exists(), "it has begun");

    // The next worker does them one after the other.
    for id in ["first", "second"] {
        place.write(&format!("gates-{id}/go.0"), b"");
    }
    let done = gated(&place, &["worker", "--until-idle"]).exits(0);
    done.prints("first completed").prints("second completed");
}

#[test]
fn what_is_left_to_a_worker_is_taken_up_when_there_is_room() {
    let place = Place::new();
    let mut worker = worker(&place);
    leave(&place, "first");
    leave(&place, "second");
    for id in ["first", "second"] {
        wait_for(&place.file(&format!("gates-{id}/at.0")));
        place.write(&format!("gates-{id}/go.0"), b"");
    }
    let shown = gated(&place, &["show", "second", "--follow"]).exits(0);
    shown.prints("completed");
    worker.kill().expect("is running");
    worker.wait().expect("ends");
}
