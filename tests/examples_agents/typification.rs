//! `typification`: down a hierarchy, then three things at once.

use serde_json::json;

use crate::kit::{Place, told};

const TEXT: &str = "--conversation-text";

#[test]
fn a_conversation_is_typed() {
    let place = Place::new("typification");
    let run = place.run(&[
        TEXT,
        "My credit card was stolen on the train. Somebody has paid with it three times today.",
    ]);
    let output = &run.0["output"];
    assert_eq!(
        output["classification"],
        json!({
            "business_unit": "cards",
            "product": "credit_card",
            "motive": "security",
            "submotive": "stolen_or_lost",
        })
    );
    assert_eq!(output["problems"], json!([]));
    assert_eq!(
        output["protocol"],
        "My credit card was stolen on the train. Somebody has paid with it three times today."
    );
    let report = output["report"].as_str().expect("is text");
    assert!(
        report.starts_with("cards › credit card › security › stolen or lost: "),
        "{report}"
    );
    let steps = [
        "business_unit",
        "motive",
        "product",
        "protocol",
        "report",
        "submotive",
        "validate",
    ];
    assert_eq!(run.steps("ran"), steps);
    assert_eq!(run.0["state"]["business_unit"], "cards");
    assert_eq!(run.0["state"]["confidence"], 0.5);
}

#[test]
fn a_long_conversation_is_typed_by_all_of_it() {
    let conversation = "Agent: Good morning, how can I help you today? Customer: Hello. I wanted \
        to ask about the interest rate of my mortgage, because my neighbour pays much less than I \
        do, and her house is bigger than mine. Agent: Let me see. Your rate is 3.9 percent. \
        Customer: That is what I thought. What would it cost to change the rate?";
    let run = Place::new("typification").run(&[TEXT, conversation]);
    let classification = &run.0["output"]["classification"];
    assert_eq!(classification["product"], "mortgage");
    assert_eq!(classification["business_unit"], "loans");
    assert_eq!(run.0["output"]["problems"], json!([]));
}

#[test]
fn what_does_not_belong_together_is_reported() {
    // Words of two units: the levels are chosen one by one, and the check finds it.
    let run = Place::new("typification").run(&[
        TEXT,
        "Transfers in the app from my current account: my debit card is lost.",
    ]);
    let problems = &run.0["output"]["problems"];
    assert_eq!(*problems, json!(["debit card is no product of accounts"]));
}

#[test]
fn an_empty_conversation_is_refused_before_anything_is_written() {
    let place = Place::new("typification");
    for text in ["", "  \n "] {
        let output = place.output(&["run", TEXT, text]);
        assert_eq!(output.status.code(), Some(2), "{text:?}: {}", told(&output));
        assert!(told(&output).contains(TEXT), "{}", told(&output));
    }
    assert!(!place.file(".agno").exists());
}
