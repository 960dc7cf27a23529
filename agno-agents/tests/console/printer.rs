//! An answer while an agent works on it.

use std::sync::Arc;

use agno_agents::Usage;
use agno_core::{AgentEvent, EventError};

use super::*;

#[test]
fn a_long_block_streams_in_proportion() {
    let agent: Arc<str> = Arc::from("Writer");
    let lines = |count: usize| {
        let begun = Instant::now();
        let out = shown(&TERMINAL, |printer| {
            for number in 0..count {
                let text = format!("- line {number} of a long list\n");
                printer.event(&agent, &AgentEvent::Content { text });
            }
        });
        assert!(out.contains(&format!("line {} of", count - 1)));
        begun.elapsed()
    };
    let (few, many) = (lines(2_000), lines(16_000));
    assert!(
        many < few * 40 + Duration::from_secs(1),
        "eight times the lines: {few:?}, {many:?}"
    );
}

#[test]
fn a_line_without_end_streams_in_a_moment() {
    let begun = Instant::now();
    let text = "word ".repeat(100_000);
    let out = shown(&TERMINAL, |printer| {
        for piece in text.split_inclusive(' ') {
            printer.event("Writer", &content(piece));
        }
        printer.finish(&text, SECOND, None);
    });
    assert!(out.matches("word").count() >= 100_000);
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
}

pub(crate) fn content(text: &str) -> AgentEvent {
    AgentEvent::Content {
        text: text.to_owned(),
    }
}

fn turn(turn: u32) -> AgentEvent {
    AgentEvent::Turn {
        turn,
        model: Arc::from("m"),
        input_tokens: 10,
        output_tokens: 5,
        cost: None,
        micros: 1000,
    }
}

fn tool(call: &str) -> [AgentEvent; 3] {
    let (tool, call): (Arc<str>, Arc<str>) = (Arc::from("search"), Arc::from(call));
    [
        AgentEvent::ToolStarted {
            tool: tool.clone(),
            call: call.clone(),
            arguments: "{\"q\":\"ru\u{1b}st\"}".to_owned(),
        },
        AgentEvent::ToolCompleted {
            tool: tool.clone(),
            call: call.clone(),
            micros: 1_500_000,
        },
        AgentEvent::ToolFailed {
            tool,
            call,
            error: EventError {
                code: Arc::from("http"),
                message: "no\nway".to_owned(),
            },
        },
    ]
}

pub(crate) const SECOND: Duration = Duration::from_millis(1234);

#[test]
fn a_terminal_sees_panels() {
    let agent: Arc<str> = Arc::from("Writer");
    let usage = Usage {
        input_tokens: 20,
        output_tokens: 10,
        ..Usage::default()
    };
    let out = shown(&TERMINAL, |printer| {
        let [started, completed, _] = tool("1");
        let [again, _, failed] = tool("2");
        printer.start("Response", "What is\u{1b}[2J new?");
        for event in [started, completed, again, failed, turn(1)] {
            printer.event(&agent, &event);
        }
        for piece in ["# Ne", "ws\nAll", " is *well*", ".\n\n- a\n", "- b"] {
            printer.event(&agent, &content(piece));
        }
        printer.event(&agent, &turn(2));
        printer.finish("# News\nAll is *well*.\n\n- a\n- b\n", SECOND, Some(&usage));
    });
    assert!(out.contains("⠋ Working… 0.0s"), "{out:?}");
    assert_eq!(
        as_seen(&out),
        "\
╭─ Message ────────────────────────────╮
│ What is\\u{1b}[2J new?                │
╰──────────────────────────────────────╯
╭─ Tool Calls ─────────────────────────╮
│ • search({\"q\":\"ru\\u{1b}st\"})  1.5s   │
│ • search({\"q\":\"ru\\u…  failed: no way │
╰──────────────────────────────────────╯
╭─ Response ───────────────────────────╮
│ # News                               │
│                                      │
│ All is well.                         │
│                                      │
│ • a                                  │
│ • b                                  │
╰──────── 1.2s · 20 tokens in, 10 out ─╯
",
        "{out}"
    );
}

#[test]
fn what_was_not_streamed_is_printed_whole() {
    let agent: Arc<str> = Arc::from("Writer");
    let whole = "╭─ Response (1.2s) ────────────────────╮\n\
                 │ yes                                  │\n\
                 ╰──────────────────────────────────────╯\n";
    let out = shown(&TERMINAL, |printer| printer.finish("yes", SECOND, None));
    assert_eq!(out, whole);
    // What does not fit into a border is cut.
    let usage = Usage {
        input_tokens: 123_456,
        output_tokens: 123_456,
        cost: Some(12.3),
        ..Usage::default()
    };
    let out = shown(&TERMINAL, |printer| {
        printer.finish("yes", SECOND, Some(&usage))
    });
    let last = out.lines().last().unwrap_or_default();
    assert_eq!(last, "╰ 123456 tokens in, 123456 out · cos… ─╯");
    // The panel was closed for a tool: the answer with its time comes below.
    let out = shown(&TERMINAL, |printer| {
        let [started, completed, _] = tool("1");
        for event in [content("yes"), turn(1), started, completed] {
            printer.event("Writer", &event);
        }
        printer.finish("yes", SECOND, None);
    });
    let out = as_seen(&out);
    assert!(out.contains("Tool Calls") && out.ends_with(whole), "{out}");
    // Another answer than was streamed: both are seen.
    let out = shown(&TERMINAL, |printer| {
        printer.event(&agent, &content("draft"));
        printer.finish("yes", SECOND, None);
    });
    let out = as_seen(&out);
    assert!(out.contains("│ draft ") && out.ends_with(whole), "{out}");
}

#[test]
fn a_turn_that_begins_anew_is_told() {
    let agent: Arc<str> = Arc::from("Writer");
    let reset = AgentEvent::Reset {
        reason: "the stream was cut".to_owned(),
    };
    let events = |printer: &mut Printer<&mut Vec<u8>>| {
        printer.event(&agent, &content("# Half\n\nof an\nans"));
        printer.event(&agent, &reset);
        printer.event(&agent, &content("whole"));
        printer.event(&agent, &turn(1));
        printer.finish("whole", SECOND, None);
    };
    let out = as_seen(&shown(&TERMINAL, events));
    assert!(out.contains("│ begins anew: the stream was cut "), "{out}");
    assert!(
        out.contains("# Half") && !out.contains("of an") && out.matches("whole").count() == 1,
        "{out}"
    );
    let out = shown(&PLAIN, events);
    assert_eq!(
        out,
        "# Half\n\nof an\nans\n[begins anew: the stream was cut]\nwhole\n"
    );
}

#[test]
fn elsewhere_the_text_comes_alone() {
    let (leader, member): (Arc<str>, Arc<str>) = (Arc::from("Leader"), Arc::from("Member"));
    let out = shown(&PLAIN, |printer| {
        let [started, completed, _] = tool("1");
        printer.start("Response", "a question");
        printer.event(
            &leader,
            &AgentEvent::Started {
                model: Arc::from("m"),
            },
        );
        printer.event(&leader, &content("I look.\r"));
        printer.event(&leader, &turn(1));
        printer.event(&leader, &started);
        printer.event(&member, &content("what a member says"));
        printer.event(&leader, &completed);
        printer.event(&leader, &content("The *answer*\u{1b}[2J"));
        printer.event(&leader, &turn(2));
        printer.tick();
        printer.finish("The *answer*\u{1b}[2J", SECOND, None);
    });
    assert_eq!(out, "I look.\\u{d}\n\nThe *answer*\\u{1b}[2J\n");
}

#[test]
fn a_printer_that_is_dropped_leaves_no_mess() {
    let agent: Arc<str> = Arc::from("Writer");
    let out = shown(&TERMINAL, |printer| {
        printer.start("Response", "");
        printer.event(&agent, &content("half an"));
    });
    let seen = as_seen(&out);
    assert!(
        seen.contains("│ half an ") && seen.ends_with("╯\n"),
        "{out:?}"
    );
    assert!(!seen.contains("Working"), "{out:?}");
    assert_eq!(
        shown(&PLAIN, |printer| printer.event(&agent, &content("half"))),
        "half\n"
    );
}
