//! What is done with what is recorded: forks, comparisons, repairs, workers, documents.
#![cfg(unix)]

mod common;

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::{fs::PermissionsExt, process::ExitStatusExt},
};

use common::{Answer, Place};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

fn people(place: &Place, args: &[&str]) -> Answer {
    Answer::of(place.command("people", args).output())
}

/// A run that is over.
fn done(place: &Place, id: &str) {
    let run = ["run", "desk", "--what", "choice", "--run-id", id];
    people(place, &run).exits(3);
    answers(place, "sea");
}

/// Answers the one thing that is asked.
fn answers(place: &Place, value: &str) {
    let inbox = people(place, &["inbox", "--json"]).exits(0).json();
    let id = inbox["requests"][0]["id"].as_str().expect("an id");
    people(place, &["answer", id, value]).exits(0);
}

#[test]
fn a_detached_run_is_a_workers() {
    let place = Place::new();
    let run = [
        "run", "report", "--topic", "rust", "--detach", "--run-id", "r",
    ];
    let put = place.many(&run).exits(0);
    assert_eq!(put.out, "r\n");
    assert_eq!(put.next(), ["show", "r", "--follow"]);
    let runs = place.many(&["runs", "--status", "pending"]).exits(0);
    runs.prints("pending").prints("worker");
    let as_json = place.many(&["run", "report", "--topic", "golang", "--detach", "--json"]);
    assert_eq!(as_json.exits(0).json()["status"], "pending");
    let worked = place
        .many(&["worker", "--until-idle", "--limit", "1"])
        .exits(0);
    assert_eq!(worked.out.matches(" begins\n").count(), 2, "{worked:?}");
    assert_eq!(
        worked.out.matches(" completed after ").count(),
        2,
        "{worked:?}"
    );
    let shown = place.many(&["show", "r", "--json"]).exits(0).json();
    assert_eq!(shown["output"]["topic"], "rust");
    let idle = place.many(&["worker", "--until-idle"]).exits(0);
    assert_eq!(idle.out, "");
}

#[test]
fn a_worker_that_is_asked_to_stop_writes_down_where_its_runs_stand() {
    for stop in [Signal::INT, Signal::TERM] {
        let place = Place::new();
        let run = place.slow(100, 20);
        let run = run.iter().map(String::as_str);
        let run: Vec<_> = run.chain(["--detach", "--run-id", "r"]).collect();
        place.many(&run).exits(0);
        let mut child = place.start(&["worker"]);
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let begins = lines.next().expect("a line").expect("text");
        assert_eq!(begins, "r begins");
        place.wait_for_ticks(2);
        // Others look on meanwhile.
        place.many(&["runs"]).exits(0).prints("running");
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        kill_process(pid.expect("a process"), stop).expect("is there");
        let ends = lines.next().expect("a line").expect("text");
        assert!(ends.starts_with("r interrupted after "), "{ends}");
        let stopped = Answer::of(child.wait_with_output()).exits(0);
        stopped.says("stopping after the running steps");
        let ran = place.ticks().len();
        place.many(&["runs"]).exits(0).prints("interrupted");
        let resumed = place.many(&["resume", "r", "--json"]).exits(0).json();
        assert_eq!(resumed["steps_replayed"], ran);
    }
}

#[test]
fn a_fork_takes_over_what_was_recorded_and_a_diff_says_so() {
    let place = Place::new();
    done(&place, "r");
    let forked = people(
        &place,
        &[
            "fork",
            "r",
            "--set",
            "work#0=\"other\"",
            "--run-id",
            "f",
            "--no-input",
        ],
    );
    forked.exits(3).says("forks r as f");
    answers(&place, "road");
    let shown = people(&place, &["show", "f"]).exits(0);
    shown.prints("fork of   r from choose#0");

    let diff = people(&place, &["diff", "r", "f"]).exits(0);
    let diff = diff.prints("≠ work#0  given by a person");
    let diff = diff.prints("/output: \"first\" → \"other\"");
    diff.prints("forked from r").prints("≠ choose#0");
    let unknown = people(&place, &["diff", "r", "nope"]).exits(2);
    assert_eq!(unknown.next(), ["runs"]);
    let same = people(&place, &["diff", "r", "r"]).exits(0);
    assert!(!same.out.contains('≠'), "{same:?}");
    let json = people(&place, &["diff", "r", "f", "--json"])
        .exits(0)
        .json();
    assert_eq!(json["operations"][0]["verdict"], "differs");

    let unknown = people(&place, &["fork", "r", "--from", "nothing"]).exits(2);
    assert_eq!(unknown.next(), ["show", "r"]);
    people(&place, &["fork", "r", "--set", "work"]).exits(2);
    people(&place, &["fork", "r", "--set", "work=no json"]).exits(2);
    let later = ["fork", "r", "--from", "work", "--detach", "--run-id", "d"];
    assert_eq!(people(&place, &later).exits(0).out, "d\n");
    people(&place, &["runs"]).exits(0).prints("pending");
}

#[test]
fn what_may_have_run_is_settled() {
    // The process ends when it has recorded that the step begins.
    for (how, output) in [
        (&["--output", "\"seen\""][..], Some("seen")),
        (&["--retry"], Some("first")),
        (&["--failed"], None),
    ] {
        let place = Place::new();
        let run = ["run", "desk", "--what", "once", "--run-id", "r"];
        let mut killed = None;
        for commits in 1..10 {
            let mut command = place.command("people", &run);
            command.env("AGNO_CRASH_AFTER", commits.to_string());
            let output = command.output().expect("runs");
            assert_eq!(output.status.signal(), Some(9), "{output:?}");
            let resumed = people(&place, &["resume", "r", "--json"]);
            if resumed.code == Some(1) {
                killed = Some(resumed.json());
                break;
            }
            fs::remove_dir_all(place.file(".agno")).expect("is there");
        }
        let failed = killed.expect("it was killed there");
        assert_eq!(failed["error"]["code"], "may_have_run");
        // To try it again would fail again: it is to be settled.
        let next = "resolve r 'once#0' --output JSON | --failed | --retry";
        let resumed = people(&place, &["resume", "r"]).exits(1);
        assert_eq!(resumed.next().join(" "), next);
        let shown = people(&place, &["show", "r"]).exits(0);
        assert_eq!(shown.next().join(" "), next);
        people(&place, &["runs"]).exits(0).prints(next);
        let settle = [&["resolve", "r", "once"], how].concat();
        let settled = people(&place, &settle).exits(0);
        assert_eq!(settled.next(), ["resume", "r"]);
        let ended = people(&place, &["resume", "r"]);
        match output {
            Some(output) => assert_eq!(ended.exits(0).out, format!("{output}\n")),
            None => drop(ended.exits(1).says("a person looked, and it has failed")),
        }
        let again = people(&place, &settle).exits(2);
        assert_eq!(again.next(), ["show", "r"]);
    }
}

#[test]
fn prune_removes_what_is_over() {
    let place = Place::new();
    done(&place, "a");
    done(&place, "b");
    let run = ["run", "desk", "--what", "choice", "--run-id", "waits"];
    people(&place, &run).exits(3);
    people(&place, &["prune", "--older-than", "1d"])
        .exits(0)
        .says("0 runs removed");
    people(&place, &["prune", "--older-than", "soon"]).exits(2);
    people(&place, &["prune"]).exits(2);
    let would = people(&place, &["prune", "--older-than", "0s", "--dry-run"]).exits(0);
    would.says("2 runs would be removed");
    let kept = ["prune", "--older-than", "0s", "--keep-last", "2", "--json"];
    let removed = people(&place, &kept).exits(0).json();
    assert_eq!(removed["removed"][0]["id"], "a", "{removed}");
    people(
        &place,
        &["prune", "--older-than", "0s", "--status", "failed"],
    )
    .exits(0)
    .says("0 runs removed");
    people(&place, &["prune", "--older-than", "0s"])
        .exits(0)
        .says("1 run removed");
    let left = people(&place, &["runs", "--json"]).exits(0).json();
    assert_eq!(left["runs"].as_array().map(Vec::len), Some(1));
    assert_eq!(left["runs"][0]["run_id"], "waits");
}

#[test]
fn an_export_is_for_its_user_and_replaces_nothing_by_accident() {
    let place = Place::new();
    done(&place, "r");
    let document = people(&place, &["export", "r"]).exits(0).json();
    assert_eq!(document["format"], "agno.run");
    let write = ["export", "r", "--format", "html", "--output", "run.html"];
    people(&place, &write).exits(0).says("wrote run.html");
    let page = fs::read_to_string(place.file("run.html")).expect("is written");
    assert!(page.starts_with("<!"), "{page}");
    let mode = fs::metadata(place.file("run.html")).expect("is there");
    assert_eq!(mode.permissions().mode() & 0o777, 0o600);

    place.write("run.html", b"mine");
    people(&place, &write).exits(2).says("is there already");
    assert_eq!(fs::read(place.file("run.html")).expect("stays"), b"mine");
    people(&place, &[&write[..], &["--force"]].concat()).exits(0);
    let now = fs::read_to_string(place.file("run.html")).expect("is written");
    assert_eq!(now, page);
    let names = fs::read_dir(&place.directory).expect("lists").count();
    assert_eq!(names, 2, "the store and the page");
}

#[test]
fn sessions_are_listed() {
    let place = Place::new();
    people(&place, &["sessions"]).exits(0).says("no sessions");
    for session in ["s", "s", "t"] {
        let run = ["run", "report", "--topic", "rust", "--session", session];
        place.many(&run).exits(0);
    }
    let listed = place.many(&["sessions", "--json"]).exits(0).json();
    let of = |session: &Value| (session["session_id"].clone(), session["runs"].clone());
    let sessions: Vec<_> = listed["sessions"]
        .as_array()
        .expect("a list")
        .iter()
        .collect();
    let sessions: Vec<_> = sessions.into_iter().map(of).collect();
    assert_eq!(sessions, [("s".into(), 2.into()), ("t".into(), 1.into())]);
    place
        .many(&["sessions", "--workflow", "fragile"])
        .exits(0)
        .says("no sessions");
    place.many(&["sessions"]).exits(0).prints("report");
}

/// A store may have runs of several programs.
#[test]
fn nothing_is_suggested_for_runs_of_another_program() {
    let place = Place::new();
    let run = ["run", "desk", "--what", "confirm", "--run-id", "r"];
    people(&place, &run).exits(3);
    for args in [&["runs"][..], &["show", "r"], &["inbox"]] {
        let shown = place.many(args).exits(0);
        for verb in ["approve", "resume", "inbox --run"] {
            let suggested = shown.out.contains(verb) || shown.err.contains(verb);
            assert!(!suggested, "{verb}: {shown:?}");
        }
    }
    let id = people(&place, &["inbox", "--json"]).exits(0).json();
    let id = id["requests"][0]["id"].as_str().expect("an id").to_owned();
    place
        .many(&["approve", &id])
        .exits(2)
        .says("is not part of this program");
    people(&place, &["approve", &id]).exits(0);
}
