//! `handoff`: a message goes out once, through a server that the example starts.

use std::fs;

use serde_json::Value;

use crate::kit::{Place, told};

const OUTBOX: &str = "whatsapp-outbox.jsonl";
const PHONE: &str = "+5511999990000";
const ANGRY: &str = "I have asked three times for my refund. This is unacceptable, I want to talk \
    to a manager!";

fn args(message: &str) -> [&str; 4] {
    ["--customer-phone", PHONE, "--message", message]
}

/// What was sent.
fn outbox(place: &Place) -> Vec<Value> {
    let text = fs::read_to_string(place.file(OUTBOX)).unwrap_or_default();
    let lines = text.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().expect("is JSON")
}

#[test]
fn a_customer_is_handed_over() {
    let place = Place::new("handoff");
    let run = place.run(&args(ANGRY));
    let output = run.output();
    let number = output
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("# Handoff "));
    let number = number.expect("has a number");
    assert!(
        output.contains("I have asked three times for my refund."),
        "{output}"
    );
    assert!(
        output.contains(&format!("takes over case {number} and answers today.")),
        "{output}"
    );
    let sent = outbox(&place);
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0]["number"], PHONE);
    let message = sent[0]["message"].as_str().expect("is text");
    assert!(
        message.contains(number) && message.contains(ANGRY),
        "{message}"
    );
    let state = &run.0["state"];
    assert_eq!(state["should_escalate"], true);
    assert_eq!(state["notification_sent"], true);
    assert_eq!(state["analysis"]["emotion"], "angry");
    let steps = [
        "completion",
        "customer_info",
        "escalation_analysis",
        "issue_details",
        "notify",
        "protocol",
    ];
    assert_eq!(run.steps("ran"), steps);
}

#[test]
fn a_content_customer_is_not() {
    let place = Place::new("handoff");
    let run = place.run(&args("Thanks, that has helped."));
    assert!(run.output().starts_with("No handoff"), "{}", run.output());
    assert_eq!(run.steps("ran"), ["escalation_analysis"]);
    assert_ne!(run.0["state"]["should_escalate"], true);
    assert!(outbox(&place).is_empty());
}

#[test]
fn a_message_that_cannot_be_sent_fails_the_run() {
    let place = Place::new("handoff");
    fs::create_dir(place.file(OUTBOX)).expect("is created");
    let output = place.output(&[&["run"][..], &args(ANGRY)].concat());
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    assert!(told(&output).contains(OUTBOX), "{}", told(&output));
    let run = place.show(&place.runs()[0]);
    assert_eq!(run.0["status"], "failed");
    assert_ne!(run.0["state"]["notification_sent"], true);
}

#[test]
fn a_crash_at_any_commit_never_sends_twice() {
    let (mut crashes, mut unsure) = (0, 0);
    for commits in 1.. {
        let place = Place::new("handoff");
        if !place.crash(&args(ANGRY), commits) {
            break;
        }
        let Some(id) = place.runs().into_iter().next() else {
            continue;
        };
        crashes += 1;
        let resumed = place.output(&["resume", &id]);
        let sent = outbox(&place).len();
        if resumed.status.success() {
            assert_eq!(sent, 1, "after {commits} commits");
        } else {
            // It died while the message was under way, and says so.
            assert!(
                told(&resumed).contains("may have run"),
                "{}",
                told(&resumed)
            );
            assert!(sent <= 1, "after {commits} commits");
            unsure += 1;
        }
    }
    assert!(crashes >= 8, "{crashes}");
    assert!(
        (1..=3).contains(&unsure),
        "only around the message: {unsure} of {crashes}"
    );
}
