//! What is shown of agents: while they work, of their answers, and afterwards.

mod common;

use common::{Answer, Place};
use serde_json::json;

fn agent(place: &Place, args: &[&str]) -> Answer {
    Answer::of(place.command("agent_events", args).output())
}

#[test]
fn plain_lines_tell_what_is_notable() {
    let place = Place::new();
    let answer = agent(&place, &["run", "--topic", "rust"]).exits(0);
    let told: Vec<_> = answer
        .err
        .lines()
        .filter(|line| line.starts_with("  "))
        .map(|line| line.split("  ").map(str::trim).collect::<Vec<_>>())
        .collect();
    let words: Vec<_> = told.iter().filter_map(|line| line.get(2)).collect();
    assert_eq!(
        words[..4],
        [
            &"Writer calls search({\"query\":\"rust\"})",
            &"Writer: search failed: the page said \\u{1b}[31mno",
            &"Writer is asked again: at `title`: missing",
            &"Writer begins anew: the stream was cut",
        ],
        "{answer:?}"
    );
    assert_eq!(words.len(), 5, "no line per token: {answer:?}");
    let answer = answer.says("  4 turns · 630 tokens in, 63 out · cost 0.2500");
    // Into a pipe the answer goes as it is.
    assert_eq!(
        answer.out,
        "# rust\n\nSome *words* about rust:\n\n- one\n- two \u{1b}[2J\n"
    );
    let report = agent(&place, &["run", "--topic", "rust", "--json"]).exits(0);
    assert!(
        report.json()["output"]
            .as_str()
            .is_some_and(|output| output.starts_with("# rust"))
    );
    assert_eq!(
        report.json().as_object().map(serde_json::Map::len),
        Some(10)
    );
}

#[test]
fn show_tells_tokens_and_cost_by_step() {
    let place = Place::new();
    agent(&place, &["run", "--topic", "rust", "--edit"]).exits(0);
    let id = agent(&place, &["runs", "--json"]).json()["runs"][0]["run_id"].clone();
    let id = id.as_str().expect("an id");
    let shown = agent(&place, &["show", id]).exits(0);
    let shown = shown
        .prints("agents    4 turns · 630 tokens in, 63 out · cost 0.2500")
        .prints("turn 1 · small\\u{1b}[2J · 1ms · 100 tokens in, 10 out")
        .prints("Helper of Writer")
        .prints("calls search({\"query\":\"rust\"})")
        .prints("search failed: the page said \\u{1b}[31mno [http]")
        .prints("is asked again: at `title`: missing")
        .prints("begins anew: the stream was cut")
        .prints("answered after 3 turns · 1.2s · cost 0.2500");
    assert!(!shown.out.contains('\u{1b}'), "{shown:?}");
    let row = |name: &str| {
        let row = shown.out.lines().find(|line| line.contains(name));
        row.unwrap_or_else(|| panic!("no {name}: {shown:?}"))
            .to_owned()
    };
    assert!(row("✔ write#0").contains("630 tokens in"), "{shown:?}");
    assert!(!row("✔ edit#0").contains("tokens"), "{shown:?}");

    let report = agent(&place, &["show", id, "--json"]).exits(0).json();
    let spent = json!({"turns": 4, "input_tokens": 630, "output_tokens": 63, "cost": 0.25});
    assert_eq!(report["steps"][0]["spent"], spent);
    assert_eq!(report["steps"][1].get("spent"), None);
    let events = report["events"].as_array().expect("events");
    let tool = events
        .iter()
        .find(|event| event["what"]["type"] == "tool_started")
        .expect("the tool's call");
    assert_eq!(
        (
            &tool["type"],
            &tool["agent"],
            &tool["path"],
            &tool["what"]["call"]
        ),
        (
            &json!("agent"),
            &json!("Writer"),
            &json!("write#0"),
            &json!("call_1")
        )
    );
    assert!(
        events
            .iter()
            .all(|event| event["what"]["type"] != "content"),
        "pieces are not stored"
    );
}

#[test]
fn what_a_failed_agent_took_is_told() {
    let place = Place::new();
    let failed = agent(&place, &["run", "--topic", "rust", "--fail"]).exits(1);
    failed
        .says("Writer failed: the model is gone")
        .says("2 turns · 130 tokens in, 13 out");
    let id = agent(&place, &["runs", "--json"]).json()["runs"][0]["run_id"].clone();
    let shown = agent(&place, &["show", id.as_str().expect("an id")]).exits(0);
    shown
        .prints("failed: the model is gone [model]")
        .prints("130 tokens in, 13 out");
}

#[test]
fn a_terminal_sees_the_agent_at_work() {
    let place = Place::new();
    let args = "run --topic rust --pace 150";
    let Some(shown) = place.on_terminal("agent_events", "", args) else {
        eprintln!("skipped: no `script` to make a terminal with");
        return;
    };
    assert!(
        shown.contains("Writer calls search({\"query\""),
        "{shown:?}"
    );
    assert!(shown.contains("  110 tokens  "), "{shown:?}");
    assert!(
        shown.contains("Writer: # rust Some *words*"),
        "the answer as it is written: {shown:?}"
    );
    // An answer that is longer than its line shows its end.
    assert!(shown.contains("two \\u{1b}[2J"), "{shown:?}");
    assert!(
        !shown.contains("\u{1b}[31mno") && !shown.contains("two \u{1b}[2J"),
        "{shown:?}"
    );
    let plain = place
        .on_terminal("agent_events", "TERM=dumb", args)
        .expect("a terminal");
    assert!(plain.contains("Some *words* about rust:"), "{plain:?}");
    assert!(
        !plain.contains('╭') && !plain.contains('\u{1b}'),
        "{plain:?}"
    );
}

#[cfg(feature = "agents")]
#[test]
fn an_agents_answer_on_a_terminal_is_in_a_panel() {
    let place = Place::new();
    let Some(shown) = place.on_terminal("agent_events", "NO_COLOR=1", "run --topic rust") else {
        eprintln!("skipped: no `script` to make a terminal with");
        return;
    };
    for line in [
        "╭─ Response (1.2s) ──",
        "│ # rust  ",
        "│ Some words about rust:  ",
        "│ • two \\u{1b}[2J  ",
        " 630 tokens in, 63 out · cost 0.2500 ─╯",
    ] {
        assert!(shown.contains(line), "`{line}` is missing: {shown}");
    }
    let shown = place
        .on_terminal("agent_events", "", "run --topic rust")
        .expect("a terminal");
    assert!(
        shown.contains("\u{1b}[34m╭─ Response (1.2s) ─"),
        "{shown:?}"
    );
    // What another step made of it is no answer of an agent.
    let shown = place.on_terminal("agent_events", "", "run --topic rust --edit");
    let shown = shown.expect("a terminal");
    assert!(
        shown.contains("Some *words* about rust:") && !shown.contains('╭'),
        "{shown:?}"
    );
}

#[cfg(feature = "agents")]
#[test]
fn a_resumed_answer_is_in_a_panel_too() {
    let place = Place::new();
    agent(&place, &["run", "--topic", "rust"]).exits(0);
    let id = agent(&place, &["runs", "--json"]).json()["runs"][0]["run_id"].clone();
    let args = format!("resume {}", id.as_str().expect("an id"));
    if let Some(shown) = place.on_terminal("agent_events", "", &args) {
        assert!(shown.contains("Response (1.2s)"), "{shown:?}");
    }
}
