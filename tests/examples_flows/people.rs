//! Runs that ask people, each answer from a process of its own.

use std::os::unix::process::ExitStatusExt;

use serde_json::Value;

use crate::kit::{Place, told};

const PAUSED: i32 = 3;

/// Runs until a person is asked, and answers what it is about.
fn pauses(place: &Place, args: &[&str]) -> Value {
    let output = place.output(&[&["run"], args].concat());
    assert_eq!(output.status.code(), Some(PAUSED), "{}", told(&output));
    let inbox = place.json(&["inbox"]);
    let requests = inbox["requests"].as_array().expect("is a list");
    assert_eq!(requests.len(), 1, "{inbox}");
    requests[0].clone()
}

fn id(request: &Value) -> &str {
    request["id"].as_str().expect("has an id")
}

#[test]
fn confidence_router_processes_what_is_sure() {
    let place = Place::new("confidence_router");
    for (document, steps, output) in [
        (
            "Invoice 12, total 80 EUR",
            &["confidence", "process"][..],
            "Booked: Invoice 12, total 80 EUR",
        ),
        (
            "It says 80 somewhere",
            &["confidence", "process", "validate"],
            "Booked: It says 80 somewhere (validated)",
        ),
    ] {
        let run = place.run(&["ConfidenceRouter", "--document", document]);
        assert_eq!(run.steps("ran"), steps);
        assert_eq!(run.output(), output);
    }
}

#[test]
fn confidence_router_hands_the_rest_to_a_person() {
    let place = Place::new("confidence_router");
    let request = pauses(
        &place,
        &["ConfidenceRouter", "--run-id", "outer", "--document", "???"],
    );
    assert_eq!(request["message"], "What is `???`?");
    let outer = place.show("outer");
    assert_eq!(outer.0["status"], "paused");
    assert_eq!(place.runs(), ["outer"], "the inner run is part of it");
    place.text(&["answer", id(&request), "a receipt"]);
    let outer = place.show("outer");
    assert_eq!(outer.output(), "Read by a person: ??? is a receipt");
    assert_eq!(outer.0["status"], "completed");
}

#[test]
fn quality_gate_opens_for_what_is_sure() {
    let place = Place::new("quality_gate");
    let run = place.run(&["--text", "Sales rose by 12 percent in May"]);
    assert_eq!(run.steps("ran"), ["analyse", "finish"]);
    assert_eq!(
        run.output(),
        "Analysis of: Sales rose by 12 percent in May (confidence 0.9)"
    );

    let request = pauses(&place, &["--run-id", "unsure", "--text", "Sales, hm"]);
    place.text(&["answer", id(&request), "rose by 12 percent"]);
    let run = place.show("unsure");
    assert_eq!(run.steps("ran"), ["analyse", "analyse", "finish"]);
    assert_eq!(
        run.output(),
        "Analysis of: Sales, hm; rose by 12 percent (confidence 0.9)"
    );
    assert_eq!(run.0["state"]["made"], 3, "of the session");
}

const TRADE: [&str; 6] = ["--run-id", "trade-1", "--symbol", "ACME", "--shares", "300"];

#[test]
fn trade_approval_waits_over_a_restart() {
    let place = Place::new("trade_approval");
    let request = pauses(&place, &TRADE);
    assert_eq!(request["message"], "Buy 300 ACME for 12600 EUR?");
    let waiting = place.show("trade-1");
    assert_eq!(waiting.steps("ran"), ["quote"], "nothing was bought");
    place.text(&["approve", id(&request), "--by", "anna"]);
    let run = place.show("trade-1");
    assert_eq!(run.output(), "Bought 300 ACME for 12600.00 EUR.");
    assert!(run.said().contains("anna"), "who said yes is recorded");
    // A second answer comes too late.
    let output = place.output(&["reject", id(&request)]);
    assert!(!output.status.success(), "{}", told(&output));
    assert!(told(&output).contains("anna"), "{}", told(&output));
}

#[test]
fn trade_approval_takes_no_for_an_answer() {
    let place = Place::new("trade_approval");
    let request = pauses(&place, &TRADE);
    // A run is no question: what is meant has to be said.
    let output = place.output(&["reject", "trade-1"]);
    assert!(!output.status.success(), "{}", told(&output));
    place.text(&["reject", id(&request)]);
    let run = place.show("trade-1");
    assert_eq!(run.output(), "Nothing was bought: 300 ACME were declined.");
    assert_eq!(run.steps("ran"), ["quote"]);
    // And a small trade asks nobody.
    let run = place.run(&["--symbol", "ACME", "--shares", "3"]);
    assert_eq!(run.output(), "Bought 3 ACME for 126.00 EUR.");
}

#[test]
fn trade_approval_buys_once_whenever_the_process_dies() {
    // While it runs up to the question.
    let place = Place::new("trade_approval");
    assert!(place.crash(&TRADE, 1));
    let output = place.output(&["resume", "trade-1"]);
    assert_eq!(output.status.code(), Some(PAUSED), "{}", told(&output));

    // And once somebody has said yes.
    let (mut crashes, mut unsure) = (0, 0);
    for commits in 1.. {
        let place = Place::new("trade_approval");
        let request = pauses(&place, &TRADE);
        let mut approve = place.command(&["approve", id(&request)]);
        approve.env("AGNO_CRASH_AFTER", commits.to_string());
        let output = approve.output().expect("starts");
        if output.status.success() {
            break;
        }
        assert_eq!(output.status.signal(), Some(9), "{}", told(&output));
        crashes += 1;
        let resumed = place.output(&["resume", "trade-1"]);
        let run = place.show("trade-1");
        if resumed.status.success() {
            assert_eq!(run.steps("ran"), ["execute", "quote"]);
        } else {
            // It died after the order had begun: whether it was placed, a person finds out.
            assert!(
                told(&resumed).contains("may have run"),
                "{}",
                told(&resumed)
            );
            assert_eq!(run.0["status"], "failed");
            unsure += 1;
        }
    }
    assert!(
        crashes >= 3,
        "the answer, the beginning, the end: {crashes}"
    );
    assert_eq!(unsure, 1, "only between beginning and end");
}
