//! A run that another process has.

use std::{
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{Shared, checked};
use crate::program::Answer;

/// How long anything may take before a test gives up on it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Ended with the test.
struct Process(Option<Child>);

impl Process {
    fn begin(shared: &Shared, args: &[&str]) -> Self {
        let mut command = shared.command(args);
        command.stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(Some(command.spawn().expect("starts")))
    }

    fn id(&self) -> u32 {
        self.0.as_ref().expect("is there").id()
    }

    fn ends(mut self) -> Answer {
        let child = self.0.take().expect("is there");
        checked(Answer::from(child.wait_with_output().expect("ends")))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn told(shared: &Shared, args: &[&str]) -> Value {
    shared.run(&[args, &["--json"]].concat()).exits(0).json()
}

fn until(what: &str, condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < PATIENCE, "never: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_run_of_another_process_is_shown_and_followed_to_its_end() {
    let Some(shared) = Shared::new() else { return };
    let door = shared.place.file("door");
    let input = serde_json::json!({"name": "held", "door": door, "asks": false}).to_string();
    // Makes the tables.
    shared.run(&["runs"]).exits(0);
    let start = ["run", "-i", &input, "--run-id", "held"];
    let owner = Process::begin(&shared, &start);
    let show = ["show", "held", "--json"];
    until("it waits at the door", || {
        let shown = shared.run(&show);
        shown.code == Some(0) && shown.json()["steps"].as_array().map(Vec::len) == Some(2)
    });

    let pid = format!("pid {} ", owner.id());
    for run in [
        &told(&shared, &["show", "held"]),
        &told(&shared, &["runs"])["runs"][0],
    ] {
        assert_eq!(run["status"], "running", "{run}");
        let holder = run["held_by"].as_str().expect("a holder");
        assert!(holder.contains(&pid), "{holder}");
    }
    let shown = shared.run(&["show", "held"]).exits(0);
    let line = shown.out.lines().find(|line| line.starts_with("status"));
    let line = line.expect("a status");
    assert!(line.contains("running") && line.contains(&pid), "{line}");
    assert!(shown.err.contains("show held --follow"), "{shown:#?}");
    let listed = shared.run(&["runs"]).exits(0);
    assert!(
        listed.out.contains("BY") && listed.out.contains(&pid),
        "{listed:#?}"
    );
    let refused = shared.run(&["resume", "held"]).exits(1);
    refused.says(&pid).says("show held --follow");

    // Three look on, one of them since it asked for the same run.
    let shows = Process::begin(&shared, &["show", "held", "--follow"]);
    let events = Process::begin(&shared, &["events", "held", "--follow", "--json"]);
    let same = Process::begin(&shared, &start);
    let mut lookers = [shows, events, same];
    std::thread::sleep(Duration::from_millis(500));
    for looker in &mut lookers {
        let child = looker.0.as_mut().expect("is there");
        assert!(
            child.try_wait().expect("looks").is_none(),
            "it has not ended yet"
        );
    }
    std::fs::write(&door, "").expect("opens");
    let [shows, events, same] = lookers.map(|looker| looker.ends().exits(0));
    let owner = owner.ends().exits(0);
    assert!(owner.out.contains("hello, held"), "{owner:#?}");
    assert!(shows.out.contains("completed"), "{shows:#?}");
    let last = events.out.lines().last().expect("events");
    assert!(last.contains("run_ended"), "{last}");
    let stored = told(&shared, &["show", "held"])["events"].clone();
    let stored = stored.as_array().map(Vec::len);
    assert_eq!(Some(events.out.lines().count()), stored, "each once");
    assert!(same.out.contains("hello, held"), "{same:#?}");
    same.says("it is being run by").says(&pid);
}
