//! Bad input and bad usage: a clear message, exit code 2, and nothing written.

mod common;

use std::{ffi::OsStr, time::Instant};

use common::{Answer, Place, with_input};

#[track_caller]
fn refused(place: &Place, answer: Answer, words: &str) {
    let answer = answer.exits(2).says(words);
    assert_eq!(answer.out, "", "{answer:#?}");
    assert!(!place.has_store(), "something was written");
}

#[test]
fn everything_wrong_is_told_at_once_with_its_place() {
    let place = Place::new();
    let bad = r#"{"topik":"rust","words":"many"}"#;
    let answer = place.many(&["run", "report", "-i", bad]).exits(2);
    let told = answer
        .says("error: input does not match `Topic`\n  ┌ -i\n")
        .says("^^^^^^^ unknown field, did you mean `topic`?")
        .says("^^^^^^ expected integer, found string  (at .words)")
        .says("= missing: topic (string) — \"What to write about.\"");
    let last: Vec<_> = told.err.lines().rev().take(2).collect();
    assert!(
        last[1].starts_with("  = schema: ") && last[1].ends_with(" schema report"),
        "{last:?}"
    );
    assert!(
        last[0].starts_with("  = example: ") && last[0].contains(" run report -i '{"),
        "{last:?}"
    );
    assert!(!place.has_store());
}

#[test]
fn in_json_it_is_an_object_with_every_problem() {
    let place = Place::new();
    let bad = r#"{"topik":"rust","words":"many"}"#;
    let report = place
        .many(&["run", "report", "-i", bad, "--json"])
        .exits(2)
        .json();
    assert_eq!(report["error"]["code"], "invalid_input");
    let problems = report["error"]["problems"].as_array().expect("a list");
    let kinds: Vec<_> = problems
        .iter()
        .map(|problem| problem["kind"].clone())
        .collect();
    assert_eq!(kinds, ["unknown_field", "wrong_type", "missing_field"]);
    let nothing = place.many(&["run", "report", "--json"]).exits(2).json();
    assert_eq!(nothing["error"]["problems"][0]["path"], ".topic");
    let usage = place.many(&["run", "--bogus", "--json"]).exits(2).json();
    assert_eq!(usage["error"]["code"], "usage");
    assert!(!place.has_store());
}

#[test]
fn each_kind_of_bad_input_says_what_is_wrong() {
    let place = Place::new();
    let report = |input: &str| place.many(&["run", "report", "-i", input]);
    refused(&place, report(r#"{"topic":"ru"}"#), "too short");
    refused(&place, report(r#"{"topic":"#), "input is not JSON");
    refused(&place, report("rust"), "this is not a JSON value");
    refused(
        &place,
        place.one(&["run", "-i", "Ada"]),
        "a text is in double quotes: '\"Ada\"'",
    );
    refused(&place, report("[]"), "expected");
    refused(
        &place,
        place.many(&["run", "report"]),
        "error: `report` needs an input\n  = missing: --topic",
    );
    refused(&place, place.one(&[]), "missing: --name (string)");
    refused(
        &place,
        place.many(&["run", "report", "--topic", "rust", "--words", "x"]),
        "--words: expected integer",
    );
    refused(
        &place,
        place.many(&["run", "report", "--topic", "rust", "--words", "-3"]),
        "out of range",
    );
    refused(
        &place,
        place.many(&["run", "report", "--topik", "rust"]),
        "'--topic'",
    );
    refused(
        &place,
        place.many(&["run", "report", "--how", "x", "--topic", "rust"]),
        "unknown field",
    );
    refused(
        &place,
        place.many(&["run", "report", "-i", "{}", "--topic", "rust"]),
        "both given",
    );
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let place = Place::new();
    place.write("bad", b"\"a\xff\"");
    refused(
        &place,
        place.one(&["run", "-i", "@bad"]),
        "bad is not UTF-8 text: byte 2",
    );
    refused(
        &place,
        place.one(&["run", "-i", "@none"]),
        "cannot read none",
    );
    refused(&place, place.one(&["run", "-i", "@."]), "cannot read .");
    refused(&place, place.one(&["run", "-i", "bad"]), "write -i @bad");
    let command = || place.command("one_workflow", &["run", "-i", "-"]);
    refused(
        &place,
        with_input(command(), b"\xfe"),
        "standard input is not UTF-8",
    );
    refused(
        &place,
        with_input(command(), b" \n"),
        "standard input is empty",
    );
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        let mut command = place.command("one_workflow", &["run", "-i"]);
        command.arg(OsStr::from_bytes(b"\"\xff\""));
        refused(&place, Answer::of(command.output()), "-i is not UTF-8");
    }
}

#[test]
fn fifty_megabytes_are_refused_quickly() {
    let place = Place::new();
    let mut big = vec![b'a'; 50_000_000];
    big[0] = b'"';
    *big.last_mut().expect("bytes") = b'"';
    place.write("big", &big);
    let begun = Instant::now();
    refused(
        &place,
        place.one(&["run", "-i", "@big"]),
        "the input is 50 MB, the limit is 16 MB",
    );
    let command = place.command("one_workflow", &["run", "-i", "-"]);
    refused(&place, with_input(command, &big), "the input is 50 MB");
    assert!(
        begun.elapsed().as_secs() < 10,
        "it took {:?}",
        begun.elapsed()
    );
}

#[test]
fn names_that_are_not_there_are_answered_with_those_that_are() {
    let place = Place::new();
    refused(
        &place,
        place.many(&["run", "reprot"]),
        "did you mean `report`?",
    );
    refused(
        &place,
        place.many(&["run"]),
        "which workflow? There are: fragile, report, slow",
    );
    refused(&place, place.many(&["schema", "x"]), "There are: fragile");
    refused(&place, place.many(&["fly"]), "unrecognized subcommand");
    refused(
        &place,
        place.many(&["runs", "--status", "lost"]),
        "interrupted",
    );
    if !cfg!(feature = "postgres") {
        let answer = place.many(&["runs", "--store", "postgres://x"]);
        refused(&place, answer, "features = [\"postgres\"]");
    }
    refused(
        &place,
        place.many(&["runs", "--store", ""]),
        "names nothing",
    );
    let mut command = place.command("one_workflow", &["run", "--name", "x"]);
    let answer = Answer::of(command.env("AGNO_CRASH_AFTER", "soon").output());
    refused(
        &place,
        answer,
        "AGNO_CRASH_AFTER=soon: expected a number of commits",
    );
}

#[test]
fn runs_are_found_by_the_beginning_of_their_id() {
    let place = Place::new();
    place
        .one(&["show", "01"])
        .exits(2)
        .says("no run `01`: this store has no runs");
    place
        .one(&["run", "--name", "A", "--run-id", "abc-1"])
        .exits(0);
    place
        .one(&["run", "--name", "B", "--run-id", "abc-2"])
        .exits(0);
    place
        .one(&["run", "--name", "C", "--run-id", "abc"])
        .exits(0);
    // A whole id is no prefix.
    place.one(&["show", "abc"]).exits(0).prints("Hello, C!");
    place.one(&["show", "abc-2"]).exits(0).prints("Hello, B!");
    let several = place
        .one(&["show", "ab"])
        .exits(2)
        .says("`ab` begins the ids of 3 runs:");
    assert_eq!(several.next()[0], "show");
    place
        .one(&["resume", "abc-"])
        .exits(2)
        .says("abc-1  greeting  completed");
    place
        .one(&["show", "zz"])
        .exits(2)
        .says("no run `zz`; the latest are:")
        .says("abc-1");
    // Nobody is told to end another one.
    let cancel = place.one(&["cancel", "zz"]).exits(2);
    assert_eq!(cancel.next()[0], "runs");
    place
        .one(&["show", "\u{1b}[2J"])
        .exits(2)
        .says("no run `\\u{1b}[2J`");
    place.one(&["show", ""]).exits(2);
}
