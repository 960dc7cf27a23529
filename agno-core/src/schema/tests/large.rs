//! Large and hostile input: a short answer, soon.

use std::time::{Duration, Instant};

use super::*;

/// Generous for a debug build on a busy machine; what it guards against takes minutes.
const SOON: Duration = Duration::from_secs(60);

fn is_short(report: &str) {
    assert!(report.len() < 4_000, "{} bytes", report.len());
    for line in report.lines() {
        assert!(line.chars().count() < 260, "{line}");
    }
    assert!(report.chars().all(|c| c == '\n' || !c.is_control()));
}

#[test]
fn a_very_long_text() {
    let start = Instant::now();
    let text = format!(
        "{{\"words\":\"{}\",\"topic\":\"rust\",\"tpic\":1}}",
        "é".repeat(5_000_000)
    );
    let report = shown::<BlogInput>(&text);
    is_short(&report);
    assert!(
        report.contains("expected integer, found string"),
        "{report}"
    );
    assert!(report.contains("unknown field"), "{report}");
    assert!(start.elapsed() < SOON);
}

#[test]
fn very_many_problems() {
    let start = Instant::now();
    let text = format!("[{}1]", "1,".repeat(1_000_000));
    let report = shown::<Vec<Source>>(&text);
    is_short(&report);
    assert!(report.contains("there may be more problems"), "{report}");
    assert!(start.elapsed() < SOON);
    let text = format!("[{}1]", "1,".repeat(1_000));
    let errors = InputSchema::of::<Vec<Source>>()
        .check(&text)
        .expect_err("it is wrong");
    assert_eq!(errors.problems().len(), MOST_PROBLEMS);
    assert!(
        errors
            .to_string()
            .ends_with("= and at least 80 more problems"),
        "{errors}"
    );
}

#[test]
fn many_keys_that_come_twice() {
    let text = format!(
        "{{\"topic\":\"rust\"{}}}",
        ",\"topic\":\"rust\"".repeat(50_000)
    );
    let report = shown::<BlogInput>(&text);
    is_short(&report);
}

#[test]
fn a_depth_bomb() {
    for open in ["[", "{\"a\":"] {
        let report = shown::<Value>(&open.repeat(1_000_000));
        is_short(&report);
        assert!(report.contains("nested too deeply"), "{report}");
    }
    // A value of a program can be deeper than what a text can say.
    let mut deep = json!(1);
    for _ in 0..200 {
        deep = Value::Array(vec![deep]);
    }
    let found = kinds(&InputSchema::of::<Value>(), &deep);
    assert_eq!(found, [(String::new(), ProblemKind::TooDeep)]);
}

#[test]
fn escapes_for_a_terminal_are_shown_not_sent() {
    let text = "{\"topic\":\"rust\",\"\\u001b[2Jx\":1,\"a\u{202e}b\":2,\"words\":\"\\u001b[31m\"}";
    let report = shown::<BlogInput>(text);
    is_short(&report);
    assert!(!report.contains('\u{202e}'), "{report}");
    assert!(report.contains("\\u{202e}"), "{report}");
    let value = json!({ "topic": "rust", "\u{1b}[2J": 1, "tone": "\u{1b}]0;owned\u{7}" });
    for problem in InputSchema::of::<BlogInput>()
        .check_value(&value)
        .expect_err("it is wrong")
    {
        is_short(&json!(problem).to_string());
        is_short(&problem.to_string());
    }
    is_short(&shown::<BlogInput>("{\u{1b}[31m"));
    let origin = InputSchema::of::<BlogInput>()
        .check("1")
        .expect_err("it is wrong");
    is_short(&origin.with_origin("\u{1b}[2J.json").to_string());
}
