//! Started in one process, run in another, looked at from a third.

use std::process::{Child, Stdio};

use serde_json::Value;

use crate::kit::{Place, told};

const WISH: [&str; 6] = ["--run-id", "films", "--topic", "films", "--parts", "30"];

/// A worker, which ends with the test.
struct Worker(Child);

impl Worker {
    fn start(place: &Place) -> Self {
        let mut worker = place.command(&["worker"]);
        let worker = worker.stdout(Stdio::null()).stderr(Stdio::null());
        Self(worker.spawn().expect("starts"))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn background_is_started_run_and_polled_by_three_processes() {
    let place = Place::new("background");
    let put_down = place.json(&[&["run", "--detach"], &WISH[..]].concat());
    assert_eq!(put_down["run_id"], "films", "{put_down}");
    let begin = place.show("films");
    assert_eq!(begin.0["status"], "pending");
    assert!(begin.steps("ran").is_empty(), "nothing has begun");

    let worker = Worker::start(&place);
    // While it works, others look: what was finished never becomes less.
    let mut seen = Vec::new();
    let over = loop {
        let run = place.show("films");
        seen.push(run.steps("ran").len());
        match run.0["status"].as_str() {
            Some("pending" | "running") => {}
            _ => break run,
        }
    };
    assert_eq!(over.0["status"], "completed", "{}", over.0);
    assert!(seen.is_sorted(), "{seen:?}");
    assert_eq!(over.steps("ran").len(), 30);
    assert!(over.output().starts_with("films, part 1\n"));

    // Once the store is free, starting it again under its id answers the same result.
    drop(worker);
    let again = place.text(&[&["run"], &WISH[..]].concat());
    assert!(again.ends_with("films, part 30\n"), "{again}");
}

#[test]
fn background_is_followed_to_its_end() {
    let place = Place::new("background");
    // In the other order: the worker takes what is put down while it runs.
    let _worker = Worker::start(&place);
    place.text(&[&["run", "--detach"], &WISH[..]].concat());
    let follow = place.output(&["events", "films", "--follow", "--json"]);
    assert!(follow.status.success(), "{}", told(&follow));
    let text = String::from_utf8(follow.stdout).expect("is text");
    let events = text.lines().map(serde_json::from_str::<Value>);
    let events: Vec<Value> = events.collect::<Result<_, _>>().expect("is JSON");
    let said = events
        .iter()
        .filter(|event| event.to_string().contains(" of 30\""));
    assert_eq!(said.count(), 30, "each is told once");
    assert!(
        events
            .last()
            .expect("some")
            .to_string()
            .contains("completed"),
        "{text}"
    );
}
