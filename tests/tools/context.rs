//! The state and the context that a tool is called with.

use agno::prelude::*;
use serde_json::json;

use super::handbook::error;

#[data]
#[derive(Default, State)]
struct Notes {
    #[merge(append)]
    lines: Vec<String>,
}

#[data]
#[derive(Default, State)]
struct OtherNotes {
    lines: Vec<String>,
}

/// Writes a line into the notes.
#[tool]
async fn note(
    notes: &mut Notes,
    /// The line.
    line: String,
    context: &ToolContext,
    /// How often.
    times: Option<usize>,
) -> Result<usize> {
    tokio::task::yield_now().await;
    for _ in 0..times.unwrap_or(1) {
        notes.lines.push(format!("{line} by {}", context.agent()));
    }
    Ok(notes.lines.len())
}

#[tokio::test]
async fn a_tool_changes_the_state() {
    let tool = note::tool();
    assert!(tool.state().expect("a state").name.ends_with("Notes"));
    let mut notes = Notes::default();
    for (arguments, count) in [
        (r#"{"line": "a"}"#, "1"),
        (r#"{"line": "b", "times": 2}"#, "3"),
    ] {
        let context = ToolContext::for_test();
        let answer = tool.call(arguments, context, Some(&mut notes)).await;
        assert_eq!(answer.expect("an answer").text, count);
    }
    assert_eq!(notes.lines, ["a by test", "b by test", "b by test"]);
    assert_eq!(
        tool.spec().parameters["required"],
        json!(["line"]),
        "neither the state nor the context is the model's to write"
    );
}

#[tokio::test]
async fn a_missing_or_another_state_is_an_error() {
    let tool = note::tool();
    let none = error(&tool, r#"{"line": "a"}"#).await;
    assert_eq!(none.code(), "tool_state");
    let mut other = OtherNotes::default();
    let context = ToolContext::for_test();
    let answer = tool
        .call(r#"{"line": "a"}"#, context, Some(&mut other))
        .await;
    assert_eq!(answer.expect_err("an error").code(), "tool_state");
    assert!(other.lines.is_empty());
}

/// What the program gave the agent.
struct Greeting(&'static str);

/// Greets.
#[tool]
fn greet(
    context: &ToolContext,
    /// Whom.
    name: String,
) -> String {
    let greeting = context.dependency::<Greeting>().map_or("hello", |it| it.0);
    format!("{greeting} {name} on {:?}", std::thread::current().id())
}

#[tokio::test]
async fn a_plain_function_runs_on_the_blocking_pool_and_sees_the_context() {
    let tool = greet::tool();
    let context = ToolContext::for_test().with(Greeting("good day"));
    let answer = tool.call(r#"{"name": "Ada"}"#, context, None).await;
    let text = answer.expect("an answer").text;
    let here = format!("{:?}", std::thread::current().id());
    assert!(text.starts_with("good day Ada on"), "{text}");
    assert!(!text.ends_with(&here), "{text}");
}
