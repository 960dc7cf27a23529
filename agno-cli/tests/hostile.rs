//! What a model and its tools write gives a terminal no orders, wherever it is shown.

mod common;

use common::{Answer, Place};

fn run(place: &Place, args: &[&str]) -> Answer {
    Answer::of(place.command("hostile_agent", args).output())
}

/// No control but line breaks and tabs, and nothing that turns or hides what stands beside it.
#[track_caller]
fn is_harmless(text: &str) {
    let orders = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t'))
            || matches!(c, '\u{200b}' | '\u{202e}' | '\u{2066}')
    };
    if let Some(at) = text.find(orders) {
        let begin: String = text[..at].chars().rev().take(60).collect();
        let begin: String = begin.chars().rev().collect();
        panic!("an order behind {begin:?}: {:?}", text[at..].chars().next());
    }
}

/// What is left without what this program says to a terminal itself: its colours, and the moves of
/// live lines.
#[track_caller]
fn without_own(shown: &str) -> String {
    let shown = shown.replace("\r\n", "\n");
    let mut parts = shown.split("\u{1b}[");
    let mut left = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_digit() && c != ';');
        let end = end.unwrap_or_else(|| panic!("no end: {part:?}"));
        let (order, rest) = (&part[..=end], &part[end + 1..]);
        let own = [
            "0m", "1m", "2m", "3m", "9m", "31m", "32m", "33m", "34m", "36m", "1;36m", "2K", "1A",
            "1B",
        ];
        let is_own = own.contains(&order) || order.ends_with('m') && !order.contains("31");
        assert!(is_own, "no order of ours: {order:?}");
        left.push_str(rest);
    }
    // To the beginning of a line that is written anew.
    left.replace('\r', "")
}

#[test]
fn a_terminal_is_given_no_orders() {
    for environment in ["", "NO_COLOR=1", "TERM=dumb", "CI=1"] {
        let place = Place::new();
        let Some(shown) = place.on_terminal("hostile_agent", environment, "run -i hello") else {
            eprintln!("skipped: no `script` to make a terminal with");
            return;
        };
        assert!(shown.contains("the end"), "{shown:?}");
        assert!(!shown.contains("Safe\rEVIL"), "{shown:?}");
        assert!(shown.contains("\\u{1b}[2J"), "it is written out: {shown:?}");
        is_harmless(&without_own(&shown));

        let id = run(&place, &["runs", "--json"]).json()["runs"][0]["run_id"].clone();
        let id = id.as_str().expect("an id");
        for args in [
            "runs".to_owned(),
            format!("show {id}"),
            format!("show {id} --json"),
            format!("graph --run {id}"),
            format!("resume {id}"),
            "agents".to_owned(),
        ] {
            if let Some(shown) = place.on_terminal("hostile_agent", environment, &args) {
                is_harmless(&without_own(&shown));
            }
        }
    }
}

#[test]
fn plain_lines_and_json_are_harmless() {
    let place = Place::new();
    let told = run(&place, &["run", "-i", "hello"]).exits(0);
    is_harmless(&told.err);
    let report = run(&place, &["run", "-i", "hello", "--json"]).exits(0);
    is_harmless(&report.out);
    let output = report.json()["output"].clone();
    let output = output.as_str().expect("a text");
    assert!(
        output.contains("\u{1b}[2J") && output.contains("Safe\rEVIL"),
        "the value is the same"
    );
    let id = report.json()["run_id"].clone();
    let id = id.as_str().expect("an id");
    for args in [
        &["runs"][..],
        &["runs", "--json"],
        &["show", id],
        &["show", id, "--json"],
        &["graph", "--run", id],
        &["store", "verify"],
    ] {
        let shown = run(&place, args).exits(0);
        is_harmless(&shown.out);
        is_harmless(&shown.err);
        if args.contains(&"--json") {
            shown.json();
        }
    }
}

/// A reader that goes away, and a disk that is full, are no panic.
#[cfg(target_os = "linux")]
#[test]
fn an_output_that_cannot_be_written_is_no_panic() {
    let place = Place::new();
    for args in [
        &["run", "-i", "x"][..],
        &["run", "-i", "x", "--json"],
        &["runs"],
    ] {
        let mut command = place.command("hostile_agent", args);
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
        let full = full.expect("a full device");
        command.stdout(full.try_clone().expect("a file"));
        let told = Answer::of(command.output());
        assert!(!told.err.contains("panicked"), "{told:?}");
        command.stderr(full);
        let code = command.status().expect("runs").code();
        assert!(code.is_some_and(|code| code < 100), "{code:?}");
    }
}
