//! Runs that ask on a terminal, and somebody who answers.
#![cfg(unix)]

mod common;

use common::{Answer, Place, terminal::Typist};
use serde_json::{Value, json};

/// Orders that none of our own colours and lines are.
const ORDERS: [&str; 4] = ["\u{1b}[2J", "\u{202e}", "\u{9b}", "\u{1b}[31m."];

fn sits(place: &Place, args: &str) -> Option<Typist> {
    let typist = Typist::sits_at(place, "people", args);
    if typist.is_none() {
        eprintln!("skipped: no `script` to make a terminal with");
    }
    typist
}

#[track_caller]
fn harmless(shown: &str) {
    for order in ORDERS {
        assert!(!shown.contains(order), "{order:?} in {shown:?}");
    }
}

fn show(place: &Place) -> Value {
    let shown = place.command("people", &["show", "r", "--json"]).output();
    Answer::of(shown).exits(0).json()
}

#[test]
fn a_run_asks_and_goes_on() {
    let place = Place::new();
    let Some(mut typist) = sits(&place, "run desk --what confirm --run-id r") else {
        return;
    };
    typist
        .reads("Ship it?\\u{1b}[2J\\u{202e}")
        .reads("yes or no?");
    typist.types("").reads("please say `yes` or `no`");
    typist.reads("yes or no?").types("no");
    typist.reads("why not?").types("not today");
    let (code, shown) = typist.ends();
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("first, yes: false"), "{shown}");
    assert!(shown.contains("    next: rm"), "{shown}");
    assert!(!shown.contains("\nnext: rm"), "{shown}");
    harmless(&shown);
    let answer = &show(&place)["requests"][0]["answer"];
    assert_eq!(answer["feedback"], "not today");
    assert_eq!(answer["by"], "ada");
}

#[test]
fn a_form_is_filled_field_by_field() {
    let place = Place::new();
    let Some(mut typist) = sits(&place, "run desk --what form --run-id r") else {
        return;
    };
    typist.reads("Where shall it go?");
    typist
        .reads("Who lives there \\u{1b}[31m")
        .reads("name (a text):");
    typist.types("x").reads("name (a text):").types("Ada");
    typist.reads("number (a whole number):").types("0");
    typist.reads("number (a whole number):").types("12");
    typist.reads("signed (yes or no):").types("yes");
    typist
        .reads("1) road")
        .reads("By road \\u{1b}[2J")
        .reads("2) sea");
    typist
        .reads("route (a number of the list, or a name):")
        .types("2");
    typist
        .reads("notes (one on each line")
        .types("mind the dog");
    typist.reads("notes (one on each line").types("");
    typist.reads("place (JSON, may be left out):").types("[");
    typist.reads("place (JSON, may be left out):");
    typist.types(r#"{"east": 1.5, "north": 2}"#);
    let (code, shown) = typist.ends();
    assert_eq!(code, Some(0), "{shown}");
    harmless(&shown);
    let output = show(&place)["output"].clone();
    let output: Value = serde_json::from_str(output.as_str().expect("a text")).expect("JSON");
    let wanted = json!({
        "name": "Ada", "number": 12, "signed": true, "route": "sea",
        "notes": ["mind the dog"], "place": {"east": 1.5, "north": 2.0},
    });
    assert_eq!(output, wanted);
}

#[test]
fn choices_reviews_and_failures_are_asked() {
    for (what, typed, output) in [
        ("choice", &[("number of the list", "sea")][..], "Sea"),
        (
            "choices",
            &[("numbers of the list", "2, road")],
            "[Sea, Road]",
        ),
        (
            "review",
            &[("approve, edit", "approve")],
            "approved a draft",
        ),
        (
            "review",
            &[("approve, edit", "edit"), ("as JSON or @FILE", "better")],
            "edited better",
        ),
        (
            "review",
            &[("approve, edit", "redo"), ("be different", "more")],
            "redo more",
        ),
        (
            "failure",
            &[
                ("retry, skip", "retry"),
                ("retry, skip", "value"),
                ("JSON or", "given"),
            ],
            "given",
        ),
        (
            "several",
            &[("The one?", "yes"), ("The other?", "no"), ("why not?", "")],
            "true and false",
        ),
        ("call", &[("clerk sign?", "yes")], "called: true"),
    ] {
        let place = Place::new();
        let Some(mut typist) = sits(&place, &format!("run desk --what {what} --run-id r")) else {
            return;
        };
        for (prompt, line) in typed {
            typist.reads(prompt);
            // Behind the question stands what to say.
            if prompt.ends_with("sign?") || prompt.starts_with("The ") {
                typist.reads("yes or no?");
            }
            typist.types(line);
        }
        let (code, shown) = typist.ends();
        assert_eq!(code, Some(0), "{what}: {shown}");
        harmless(&shown);
        let told = show(&place)["output"].clone();
        let told = told.as_str().expect("a text");
        assert!(told.starts_with(output), "{what}: {told}");
    }
}

#[test]
fn who_leaves_finds_the_run_paused() {
    for leave in ["\u{3}", "\u{4}"] {
        let place = Place::new();
        let Some(mut typist) = sits(&place, "run desk --what gate --run-id r") else {
            return;
        };
        typist.reads("gated  waits for a person: Go through?");
        typist.reads("yes or no?").presses(leave);
        typist.reads(" after ").reads("next: ").reads("approve r:");
        let (code, shown) = typist.ends();
        assert_eq!(code, Some(3), "{shown}");
        assert_eq!(show(&place)["status"], "paused");

        let mut typist = sits(&place, "resume r").expect("there was one");
        typist.reads("Go through?").reads("yes or no?").types("y");
        let (code, shown) = typist.ends();
        assert_eq!(code, Some(0), "{shown}");
    }
}

#[test]
fn others_look_on_while_a_person_thinks() {
    let place = Place::new();
    let paused = ["run", "desk", "--what", "confirm", "--run-id", "r"];
    let paused = Answer::of(place.command("people", &paused).output()).exits(3);
    let answer = format!("answer {}", paused.next()[1]);
    let Some(mut typist) = sits(&place, &answer) else {
        return;
    };
    typist.reads("Ship it?").reads("yes or no?");
    let look = |args: &[&str]| Answer::of(place.command("people", args).output()).exits(0);
    look(&["runs"]).prints("paused");
    look(&["inbox"]).prints("Ship it?");
    typist.types("yes");
    let (code, shown) = typist.ends();
    assert_eq!(code, Some(0), "{shown}");
}

#[test]
fn a_deadline_ends_the_question() {
    let place = Place::new();
    let Some(mut typist) = sits(&place, "run desk --what soon --run-id r") else {
        return;
    };
    typist.reads("Quick?").reads("yes or no?");
    typist.reads("this is not asked any more");
    let (code, shown) = typist.ends();
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(show(&place)["output"], "yes: false");
}

#[test]
fn nothing_is_asked_that_is_not_wanted() {
    for more in ["--no-input", "--json"] {
        let place = Place::new();
        let Some(typist) = sits(
            &place,
            &format!("run desk --what confirm {more} --run-id r"),
        ) else {
            return;
        };
        let (code, shown) = typist.ends();
        assert_eq!(code, Some(3), "{shown}");
        assert!(!shown.contains("yes or no?"), "{shown}");
    }
    let place = Place::new();
    let args = [
        "run",
        "desk",
        "--what",
        "confirm",
        "--run-id",
        "r",
        "--no-input",
    ];
    let paused = Answer::of(place.command("people", &args).output()).exits(3);
    let answer = format!("answer {}", paused.next()[1]);
    let Some(mut typist) = sits(&place, &answer) else {
        return;
    };
    typist.reads("Ship it?").reads("yes or no?").types("yes");
    let (code, shown) = typist.ends();
    assert_eq!(code, Some(0), "{shown}");
}
