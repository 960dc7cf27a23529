//! `research`: finds, reads three, sums up; and goes on after a crash.

use crate::kit::{Place, assert_article};

const TOPIC: &str = "Durable execution";

#[test]
fn sources_are_found_read_and_summed_up() {
    let place = Place::new("research");
    let run = place.run(&["--topic", TOPIC]);
    assert_article(
        run.output(),
        TOPIC,
        &["durable-execution", "write-ahead-logs"],
    );
    assert_eq!(
        run.steps("ran"),
        ["note", "read", "read", "search", "summarise"]
    );
    let state = &run.0["state"];
    assert_eq!(state["urls"].as_array().map(Vec::len), Some(2));
    assert_eq!(state["articles"].as_array().map(Vec::len), Some(2));
    for said in [
        "Searching for information on: Durable execution",
        "Sources to read: 2",
        "Generating",
    ] {
        assert!(run.said().contains(said), "{}", run.said());
    }
}

#[test]
fn at_most_three_sources_are_read() {
    let place = Place::new("research");
    let shelf = place.file("shelf");
    std::fs::create_dir(&shelf).expect("is created");
    for number in 0..5 {
        let text = format!("# Ferry {number}\n\nFerry number {number} crosses the fjord daily.\n");
        std::fs::write(shelf.join(format!("{number}.md")), text).expect("is written");
    }
    let mut command = place.command(&["run", "--topic", "ferry fjord"]);
    let output = command.env("SHELF", &shelf).output().expect("starts");
    assert!(output.status.success(), "{output:?}");
    let run = place.show(&place.runs()[0]);
    assert_eq!(run.0["state"]["urls"].as_array().map(Vec::len), Some(5));
    let read = run
        .steps("ran")
        .iter()
        .filter(|name| **name == "read")
        .count();
    assert_eq!(read, 3);
}

#[test]
fn without_sources_it_ends_early() {
    let run = Place::new("research").run(&["--topic", "Quantum knitting on Neptune"]);
    assert_eq!(run.output(), "No relevant sources found.");
    assert_eq!(run.steps("ran"), ["search"]);
}

#[test]
fn a_crash_after_any_commit_is_resumed() {
    let whole = Place::new("research").run(&["--topic", TOPIC]);
    let mut replayed = Vec::new();
    for commits in 1.. {
        let place = Place::new("research");
        if !place.crash(&["--topic", TOPIC], commits) {
            break;
        }
        let Some(id) = place.runs().into_iter().next() else {
            continue;
        };
        if place.show(&id).0["status"] == "completed" {
            continue; // It died after its last commit.
        }
        let resumed = place.json(&["resume", &id]);
        assert_eq!(resumed["status"], "completed", "after {commits} commits");
        assert_eq!(
            resumed["output"], whole.0["output"],
            "after {commits} commits"
        );
        let run = place.show(&id);
        assert_eq!(run.0["state"], whole.0["state"], "after {commits} commits");
        assert_eq!(run.steps("ran"), whole.steps("ran"), "each step once");
        replayed.push(resumed["steps_replayed"].as_u64().expect("is a number"));
    }
    assert!(replayed.len() >= 8, "{replayed:?}");
    // Two are read at the same time: which is finished first differs from run to run.
    let is_about_sorted = replayed.windows(2).all(|two| two[0] <= two[1] + 1);
    assert!(
        is_about_sorted && replayed.first() < replayed.last(),
        "a later crash repeats less: {replayed:?}"
    );
    assert!(
        replayed.last().is_some_and(|last| *last >= 4),
        "{replayed:?}"
    );
}
