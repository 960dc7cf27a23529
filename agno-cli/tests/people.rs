//! What runs ask of people: the inbox and the answers.
#![cfg(unix)]

mod common;

use std::time::{Duration, Instant};

use common::{Answer, Place};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

fn people(place: &Place, args: &[&str]) -> Answer {
    Answer::of(place.command("people", args).output())
}

/// Starts a run that asks, and answers its id.
fn asks(place: &Place, what: &str, id: &str) -> Answer {
    let run = ["run", "desk", "--what", what, "--run-id", id];
    people(place, &run).exits(3)
}

fn inbox(place: &Place) -> Vec<Value> {
    let inbox = people(place, &["inbox", "--json"]).exits(0).json();
    inbox["requests"].as_array().expect("a list").clone()
}

fn the_request(place: &Place) -> String {
    let inbox = inbox(place);
    assert_eq!(inbox.len(), 1, "{inbox:?}");
    inbox[0]["id"].as_str().expect("an id").to_owned()
}

fn words(command: &str) -> Vec<String> {
    // What is in quotes is one word.
    let mut words = vec![String::new()];
    let mut inside = false;
    for c in command.chars() {
        match c {
            '\'' => inside = !inside,
            ' ' if !inside => words.push(String::new()),
            c => words.last_mut().expect("one").push(c),
        }
    }
    words
}

#[test]
fn without_a_terminal_a_run_stops_and_names_the_command_that_answers() {
    let place = Place::new();
    let paused = asks(&place, "confirm", "r");
    let paused = paused.says("paused after").says("? Ship it?\\u{1b}[2J");
    assert!(!paused.err.contains('\u{1b}'), "{paused:?}");
    assert_eq!(paused.out, "");
    let next = paused.next();
    assert_eq!(next[0], "approve");
    assert!(next[1].starts_with("r:"), "{next:?}");
    let runs = people(&place, &["runs"]).exits(0).prints("paused");
    assert!(runs.out.contains(&next.join(" ")), "{runs:?}");
    people(&place, &["runs", "--status", "paused"])
        .exits(0)
        .prints("desk");

    let listed = people(&place, &["inbox"]).exits(0).prints("confirm");
    assert!(listed.out.contains("Ship it?\\u{1b}[2J"), "{listed:?}");
    assert!(!listed.out.contains('\u{1b}'), "{listed:?}");
    let next: Vec<_> = next.iter().map(String::as_str).collect();
    let done = people(&place, &[&next[..], &["--by", "ada"]].concat()).exits(0);
    assert_eq!(done.out, "first, yes: true\n");
    people(&place, &["inbox"])
        .exits(0)
        .says("nothing is asked of people");
    let shown = people(&place, &["show", "r"]).exits(0);
    shown.prints("approve by ada");
    let shown = people(&place, &["show", "r", "--json"]).exits(0).json();
    assert_eq!(shown["requests"][0]["answer"]["by"], "ada");
    assert_eq!(shown["requests"][0]["answer"]["decision"], "approve");
}

#[test]
fn in_json_the_outcome_has_the_requests() {
    let place = Place::new();
    let run = ["run", "desk", "--what", "choice", "--json"];
    let report = people(&place, &run).exits(3).json();
    assert_eq!(report["status"], "paused");
    let request = &report["requests"][0];
    assert_eq!(request["kind"], "choice");
    assert_eq!(request["decisions"], json!(["value"]));
    let answer = words(request["answer"].as_str().expect("a command"));
    let answer: Vec<_> = answer.iter().skip(1).map(String::as_str).collect();
    let report = people(&place, &[&answer[..], &["--json"]].concat());
    let report = report.exits(0).json();
    assert_eq!(report["output"], "Road");
    assert!(report.get("requests").is_none(), "{report}");
}

#[test]
fn each_kind_takes_its_answers() {
    for (what, answer, output) in [
        (
            "confirm",
            &["reject", "--because", "no"][..],
            "first, yes: false",
        ),
        ("choice", &["answer", "sea"], "Sea"),
        ("choice", &["answer", "\"sea\""], "Sea"),
        ("choices", &["answer", r#"["sea","road"]"#], "[Sea, Road]"),
        ("review", &["approve"], "approved a draft \u{9b}2J"),
        ("review", &["answer", "better"], "edited better"),
        (
            "review",
            &["reject", "--because", "bad"],
            "rejected Some(\"bad\")",
        ),
        ("review", &["answer", "--redo", "longer"], "redo longer"),
        ("gate", &["approve"], "through"),
        ("failure", &["answer", "given"], "given"),
        ("call", &["approve"], "called: true"),
    ] {
        let place = Place::new();
        asks(&place, what, "r");
        let id = the_request(&place);
        let args = [&answer[..1], &[&*id], &answer[1..]].concat();
        let done = people(&place, &args).exits(0);
        assert_eq!(done.out.trim_end(), output, "{what} {answer:?}");
    }
}

#[test]
fn whoever_approves_sees_what_of() {
    let place = Place::new();
    let paused = asks(&place, "review", "r");
    let id = the_request(&place);
    let paused = paused
        .says("\n    \"a draft \\u{9b}2J\"\n")
        .says(&format!("reject {id} --because WHY"))
        .says(&format!("answer {id} JSON"));
    assert_eq!(paused.next(), ["approve", &id]);
    let listed = people(&place, &["inbox"]).exits(0);
    let listed = listed.prints("\n    \"a draft \\u{9b}2J\"\n");
    let shown = people(&place, &["show", "r"]).exits(0);
    let shown = shown.prints("asks about:\n    a draft \\u{9b}2J\n");
    shown.prints("waits for");
    assert!(!listed.out.contains('\u{9b}'), "{listed:?}");
    let confirm = asks(&place, "confirm", "c");
    assert!(!confirm.err.contains(" JSON"), "{confirm:?}");
    confirm.says("--because WHY");
}

#[test]
fn who_gives_no_value_is_not_told_to_approve() {
    let place = Place::new();
    asks(&place, "review", "r");
    let id = the_request(&place);
    for args in [&["answer", &id][..], &["answer", &id, "@none"]] {
        let refused = people(&place, args).exits(2);
        assert_eq!(refused.next(), ["answer", &*id, "JSON"]);
    }
    people(&place, &["approve", &id]).exits(0);
    asks(&place, "confirm", "c");
    let refused = people(&place, &["answer", &the_request(&place)]).exits(2);
    assert_eq!(refused.next(), ["inbox"]);
}

#[test]
fn a_failure_is_tried_again_or_let_fail() {
    let place = Place::new();
    asks(&place, "failure", "r").says("not mended \\u{1b}[2J");
    let id = the_request(&place);
    let again = people(&place, &["answer", &id, "--retry"]).exits(3);
    assert_eq!(again.next()[2..], ["--retry"]);
    place.write("mended", b"");
    let id = the_request(&place);
    let done = people(&place, &["answer", &id, "--retry"]).exits(0);
    assert_eq!(done.out, "works\n");

    let place = Place::new();
    asks(&place, "failure", "r");
    let id = the_request(&place);
    let failed = people(&place, &["answer", &id, "--fail"]).exits(1);
    assert_eq!(failed.next(), ["retry", "r"]);
    people(&place, &["runs"]).exits(0).prints("retry r");
    place.write("mended", b"");
    let done = people(&place, &["retry", "r"]).exits(0);
    assert_eq!(done.out, "works\n");
    let nothing = people(&place, &["retry", "r"]).exits(2);
    assert_eq!(nothing.next(), ["show", "r"]);
}

#[test]
fn a_second_answer_is_a_conflict_and_a_value_that_does_not_fit_is_refused() {
    let place = Place::new();
    asks(&place, "form", "r");
    let id = the_request(&place);
    let unfit = people(
        &place,
        &["answer", &id, r#"{"name":"x","number":0}"#, "--json"],
    );
    let unfit = unfit.exits(2);
    let error = &unfit.json()["error"];
    assert_eq!(error["code"], "invalid_input");
    assert!(
        error["problems"]
            .as_array()
            .is_some_and(|all| all.len() >= 3),
        "{error}"
    );
    let wrong = people(&place, &["approve", &id]).exits(2);
    wrong.says("is no answer to request");
    assert_eq!(inbox(&place).len(), 1, "nothing is changed");

    // The example that is named fits.
    let report = people(&place, &["inbox", "--json"]).exits(0).json();
    let command = report["requests"][0]["answer"].as_str().expect("a command");
    let answer = words(command);
    let answer: Vec<_> = answer.iter().skip(1).map(String::as_str).collect();
    people(&place, &answer).exits(0);
    let late = people(&place, &[&answer[..], &["--json"]].concat()).exits(1);
    assert_eq!(late.json()["error"]["code"], "conflict");
    let unknown = people(&place, &["approve", "nobody:abcdef"]).exits(2);
    assert_eq!(unknown.next(), ["inbox"]);
}

#[test]
fn a_recorded_answer_waits_for_a_worker() {
    let place = Place::new();
    asks(&place, "several", "r");
    let requests = inbox(&place);
    assert_eq!(requests.len(), 2);
    for request in &requests {
        let id = request["id"].as_str().expect("an id");
        let args = ["approve", id, "--no-wait", "--json"];
        let recorded = people(&place, &args).exits(0).json();
        assert_eq!(recorded["decision"], "approve");
        assert_eq!(recorded["run_id"], "r");
    }
    people(&place, &["runs"]).exits(0).prints("paused");
    let worked = people(&place, &["worker", "--until-idle"]).exits(0);
    worked.prints("r begins").prints("r completed after");
    let shown = people(&place, &["show", "r", "--json"]).exits(0).json();
    assert_eq!(shown["output"], "true and true");
}

#[test]
fn a_called_run_asks_for_the_one_that_has_called_it() {
    let place = Place::new();
    let paused = asks(&place, "call", "r").says("Shall the clerk sign?");
    let next = paused.next();
    let runs = people(&place, &["runs", "--json"]).exits(0).json();
    assert_eq!(runs["runs"].as_array().map(Vec::len), Some(1), "{runs}");
    let all = people(&place, &["runs", "--all", "--json"]).exits(0).json();
    assert_eq!(all["runs"].as_array().map(Vec::len), Some(2), "{all}");
    let called = people(&place, &["show", "r", "--json"]).exits(0).json();
    assert_eq!(called["called"][0]["workflow"], "clerk");
    let of = people(&place, &["inbox", "--run", "r"]).exits(0);
    of.prints(&next.join(" "));
}

#[test]
fn a_value_can_come_from_a_file_and_nothing_is_asked_without_a_terminal() {
    let place = Place::new();
    asks(&place, "choice", "r");
    let id = the_request(&place);
    let nothing = people(&place, &["answer", &id]).exits(2);
    assert_eq!(nothing.next()[0], "answer");
    place.write("choice.json", b"\"sea\"\n");
    let done = people(&place, &["answer", &id, "@choice.json"]).exits(0);
    assert_eq!(done.out, "Sea\n");
}

/// A process that has the store answers others, and does what they say.
#[test]
fn a_worker_in_another_process_is_given_runs_and_answers() {
    let place = Place::new();
    let mut worker = place.command("people", &["worker"]);
    let mut worker = worker.spawn().expect("starts");
    let begun = Instant::now();
    while !place.file(".agno/owner.sock").exists() {
        assert!(begun.elapsed() < Duration::from_secs(30), "nobody listens");
        std::thread::sleep(Duration::from_millis(5));
    }
    let run = [
        "run", "desk", "--what", "choice", "--run-id", "r", "--detach",
    ];
    let put = people(&place, &run).exits(0);
    assert_eq!(put.out, "r\n");
    people(&place, &["show", "r", "--follow"])
        .exits(0)
        .prints("paused");
    let id = the_request(&place);
    let unfit = people(&place, &["answer", &id, "air"]).exits(2);
    unfit.says("expected");
    let wrong = people(&place, &["approve", &id]).exits(2);
    wrong.says("is no answer to request");
    let given = people(&place, &["answer", &id, "sea", "--by", "ada"]).exits(0);
    assert_eq!(given.next(), ["show", "r", "--follow"]);
    people(&place, &["show", "r", "--follow"])
        .exits(0)
        .prints("\"Sea\"");
    let late = people(&place, &["answer", &id, "sea", "--json"]).exits(1);
    assert_eq!(late.json()["error"]["code"], "conflict");

    let failed = [
        "run", "desk", "--what", "nothing", "--run-id", "f", "--detach",
    ];
    people(&place, &failed).exits(0);
    people(&place, &["show", "f", "--follow"]).exits(0);
    let retried = people(&place, &["retry", "f"]).exits(0);
    assert_eq!(retried.next(), ["show", "f", "--follow"]);
    people(&place, &["show", "f", "--follow"])
        .exits(0)
        .prints("2 resumes");

    let pid = i32::try_from(worker.id()).ok().and_then(Pid::from_raw);
    kill_process(pid.expect("a process"), Signal::TERM).expect("is there");
    assert_eq!(worker.wait().expect("ends").code(), Some(0));
}
