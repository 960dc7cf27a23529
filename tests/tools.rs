//! Functions that a model may call: `#[tool]`, seen through `Tool::call`.
#![cfg(feature = "agents")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use agno::{model::ToolSpec, prelude::*};
use serde_json::{Value, json};

/// What the model reads.
async fn answer(tool: &Tool, arguments: &str) -> String {
    let answer = tool.call(arguments, ToolContext::for_test(), None).await;
    answer.expect("an answer").text
}

async fn error(tool: &Tool, arguments: &str) -> Error {
    let answer = tool.call(arguments, ToolContext::for_test(), None).await;
    answer.expect_err("an error")
}

fn parameters(spec: &ToolSpec) -> &Value {
    &spec.parameters
}

#[data]
struct Hit {
    page: u32,
    text: String,
}

/// Where to look.
#[data]
#[derive(PartialEq)]
enum Section {
    Travel,
    Pay,
}

/// Searches the company's handbook.
///
/// It knows every rule.
///
/// # Notes for programmers
///
/// The model is not told of this.
#[tool]
async fn search_handbook(
    /// What to look for.
    #[schemars(length(min = 1))]
    query: String,
    /// Most answers.
    limit: Option<u32>,
    /// Where to look.
    sections: Vec<Section>,
    /// The first page.
    ///
    /// Counted from 1.
    #[serde(default = "first_page")]
    page: u32,
    /// Whether old rules count.
    #[serde(default, rename = "withOld")]
    old: bool,
) -> Result<Vec<Hit>> {
    ensure!(query != "nothing", "nothing was found");
    let text = format!("{query} {limit:?} {sections:?} {old}");
    Ok(vec![Hit { page, text }])
}

fn first_page() -> u32 {
    1
}

#[test]
fn the_model_is_told_what_the_comments_say() {
    let tool = search_handbook::tool();
    assert_eq!(tool.name(), "search_handbook");
    let spec = tool.spec();
    assert_eq!(
        spec.description,
        "Searches the company's handbook.\n\nIt knows every rule."
    );
    assert_eq!(
        *parameters(spec),
        json!({
            "type": "object",
            "properties": {
                "query": {
                    "type": "string",
                    "minLength": 1,
                    "description": "What to look for.",
                },
                "limit": {
                    "type": ["integer", "null"],
                    "format": "uint32",
                    "minimum": 0,
                    "description": "Most answers.",
                },
                "sections": {
                    "type": "array",
                    "items": { "$ref": "#/$defs/Section" },
                    "description": "Where to look.",
                },
                "page": {
                    "type": "integer",
                    "format": "uint32",
                    "minimum": 0,
                    "default": 1,
                    "description": "The first page.\n\nCounted from 1.",
                },
                "withOld": {
                    "type": "boolean",
                    "default": false,
                    "description": "Whether old rules count.",
                },
            },
            "required": ["query", "sections"],
            "$defs": {
                "Section": {
                    "type": "string",
                    "enum": ["Travel", "Pay"],
                    "description": "Where to look.",
                },
            },
        })
    );
}

#[tokio::test]
async fn arguments_are_read_and_the_answer_is_json() {
    let tool = search_handbook::tool();
    let found = answer(&tool, r#"{"query": "trains", "sections": ["Travel"]}"#).await;
    let expected = json!([{ "page": 1, "text": "trains None [Travel] false" }]);
    assert_eq!(
        serde_json::from_str::<Value>(&found).expect("JSON"),
        expected
    );

    let all =
        r#"{"withOld": true, "page": 7, "limit": 3, "sections": [], "query": "x", "more": 1}"#;
    let expected = json!([{ "page": 7, "text": "x Some(3) [] true" }]);
    assert_eq!(
        serde_json::from_str::<Value>(&answer(&tool, all).await).expect("an answer"),
        expected
    );
}

#[tokio::test]
async fn a_plain_call_is_still_one() {
    let hits = search_handbook("trains".to_owned(), Some(2), Vec::new(), 1, false).await;
    assert_eq!(hits.expect("an answer")[0].text, "trains Some(2) [] false");
}

#[tokio::test]
async fn wrong_arguments_are_named_by_their_path() {
    let tool = search_handbook::tool();
    for (arguments, parts) in [
        (r#"{"sections": []}"#, ["missing field `query`", ""]),
        (
            r#"{"query": "x", "sections": ["Travel", "Food"]}"#,
            ["sections[1]", "unknown variant `Food`"],
        ),
        (
            r#"{"query": 3, "sections": []}"#,
            ["query:", "invalid type: integer `3`, expected a string"],
        ),
        ("[1]", ["expected an object with the arguments", ""]),
        ("3", ["expected an object with the arguments", ""]),
        (r#"{"query": "x""#, ["no JSON", ""]),
    ] {
        let error = error(&tool, arguments).await;
        assert_eq!(error.code(), "tool_arguments", "{arguments}");
        let text = error.to_string();
        for part in parts {
            assert!(text.contains(part), "{arguments}: {text}");
        }
        assert!(!text.contains("__"), "{text}");
    }
}

#[tokio::test]
async fn an_error_is_told_to_the_model() {
    let tool = search_handbook::tool();
    let error = error(&tool, r#"{"query": "nothing", "sections": []}"#).await;
    assert!(error.to_string().contains("nothing was found"), "{error}");

    /// Refuses.
    #[tool]
    async fn refuse() -> Result<String> {
        Err(Error::new("not_allowed", "ask somebody else"))
    }
    let error = self::error(&refuse::tool(), "").await;
    assert_eq!(error.code(), "not_allowed");
}

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
        parameters(tool.spec())["required"],
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

/// Fails in every way.
#[tool(timeout = "50ms")]
async fn fail(
    /// How: `late`, `panic` or `error`.
    how: String,
) -> Result<(), std::io::Error> {
    match how.as_str() {
        "late" => std::future::pending().await,
        "panic" => panic!("oh no"),
        _ => Err(std::io::Error::other("the disk is full")),
    }
}

/// Fails on the pool.
#[tool]
fn fail_blocking(
    /// Whether to panic.
    panic: bool,
) -> Result<u8, String> {
    assert!(!panic, "oh no");
    Err("the disk is full".to_owned())
}

#[tokio::test(start_paused = true)]
async fn time_and_panics_are_errors() {
    let tool = fail::tool();
    assert_eq!(tool.options().timeout, Some(Duration::from_millis(50)));
    let late = error(&tool, r#"{"how": "late"}"#).await;
    assert_eq!(late.code(), "tool_timeout");
    let panic = error(&tool, r#"{"how": "panic"}"#).await;
    assert_eq!(panic.code(), "tool_panic");
    assert!(panic.to_string().contains("oh no"), "{panic}");
    let full = error(&tool, r#"{"how": "error"}"#).await;
    assert_eq!(full.code(), "tool_failed");
    assert!(full.downcast_ref::<std::io::Error>().is_some());
}

#[tokio::test]
async fn a_panic_on_the_pool_is_an_error() {
    let tool = fail_blocking::tool();
    let panic = error(&tool, r#"{"panic": true}"#).await;
    assert_eq!(panic.code(), "tool_panic");
    assert!(panic.to_string().contains("oh no"), "{panic}");
    let full = error(&tool, r#"{"panic": false}"#).await;
    assert_eq!(full.code(), "tool_failed");
    assert!(full.to_string().contains("the disk is full"), "{full}");
}

/// Counts its calls.
#[tool(cache(ttl = "1h"))]
async fn count(
    /// Which.
    counter: String,
    context: &ToolContext,
) -> Result<u32> {
    let calls = context.dependency::<Arc<AtomicU32>>();
    let calls = calls.map_or(0, |calls| calls.fetch_add(1, Ordering::Relaxed));
    ensure!(counter != "broken", "broken");
    Ok(calls)
}

#[tokio::test]
async fn an_answer_is_used_again_for_the_same_arguments() {
    let calls = Arc::new(AtomicU32::new(0));
    let context = ToolContext::for_test().with(calls.clone());
    let tool = count::tool();
    for (arguments, text) in [
        (r#"{"counter": "a"}"#, "0"),
        (r#"{ "counter" : "a" }"#, "0"),
        (r#"{"counter": "b"}"#, "1"),
        (r#"{"counter": "a"}"#, "0"),
    ] {
        let answer = tool.call(arguments, context.clone(), None).await;
        assert_eq!(answer.expect("an answer").text, text);
    }
    for _ in 0..2 {
        let broken = tool.call(r#"{"counter": "broken"}"#, context.clone(), None);
        broken.await.expect_err("an error is not used again");
    }
    assert_eq!(calls.load(Ordering::Relaxed), 4);
}

/// Sends a letter.
#[tool(
    name = "send-letter",
    timeout = "2m",
    idempotent = false,
    confirm = "Send it?",
    allow_identity
)]
async fn send(
    /// To whom.
    user_id: String,
) -> String {
    user_id
}

#[tokio::test]
async fn every_option_reaches_the_tool() {
    let tool = send::tool();
    assert_eq!(tool.name(), "send-letter");
    let options = tool.options();
    assert_eq!(options.timeout, Some(Duration::from_secs(120)));
    assert!(!options.idempotent);
    assert_eq!(options.confirm.as_deref(), Some("Send it?"));
    assert_eq!(options.cache, None);
    assert_eq!(answer(&tool, r#"{"user_id": "a \"b\""}"#).await, "a \"b\"");

    let plain = search_handbook::tool();
    assert_eq!(*plain.options(), agno::tool::ToolOptions::default());
    let cached = count::tool();
    assert_eq!(cached.options().cache, Some(Duration::from_secs(3600)));
}

type Hidden = std::result::Result<String, Error>;

/// Returns a result under another name.
#[tool]
async fn hidden(
    /// Whether it works.
    works: bool,
) -> Hidden {
    ensure!(works, "it does not work");
    Ok("it works".to_owned())
}

#[tokio::test]
async fn an_alias_hides_no_error() {
    let tool = hidden::tool();
    assert_eq!(answer(&tool, r#"{"works": true}"#).await, "it works");
    let error = error(&tool, r#"{"works": false}"#).await;
    assert!(error.to_string().contains("does not work"), "{error}");
}

/// Draws.
#[tool]
async fn draw() -> agno::tool::ToolAnswer {
    agno::tool::ToolAnswer {
        text: "a circle".to_owned(),
        ..Default::default()
    }
}

#[tokio::test]
async fn an_answer_of_its_own_is_taken_as_it_is() {
    assert_eq!(answer(&draw::tool(), "").await, "a circle");
    assert_eq!(
        *parameters(draw::tool().spec()),
        json!({ "type": "object", "properties": {} })
    );
}

mod odd {
    use agno::prelude::*;

    #[data]
    pub(crate) struct Place {
        /// The street.
        pub(crate) street: String,
        pub(crate) city: Option<String>,
    }

    /// Finds a place.
    #[tool]
    pub(crate) async fn find(
        #[serde(flatten)] place: Place,
        /// How near, in metres.
        #[serde(deserialize_with = "metres")]
        #[schemars(with = "String")]
        near: u32,
        /// What kind.
        r#type: Option<serde_json::Value>,
    ) -> String {
        format!("{} {:?} {near} {:?}", place.street, place.city, r#type)
    }

    fn metres<'de, D: agno::__private::serde::Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
        let text: String = Deserialize::deserialize(from)?;
        text.trim_end_matches('m')
            .parse()
            .map_err(|_| agno::__private::serde::de::Error::custom("write the metres like `300m`"))
    }

    /// The parameter has the function's name.
    #[tool]
    pub(crate) fn r#match(
        /// What.
        mut r#match: String,
    ) -> String {
        r#match.push('!');
        r#match
    }
}

#[tokio::test]
async fn attributes_of_an_argument_work_as_on_a_field() {
    use odd::find;
    let tool = find::tool();
    let parameters = parameters(tool.spec());
    let names: Vec<_> = parameters["properties"]
        .as_object()
        .expect("an answer")
        .keys()
        .collect();
    assert_eq!(names, ["city", "near", "street", "type"]);
    assert_eq!(parameters["required"], json!(["street", "near"]));
    let text = answer(
        &tool,
        r#"{"street": "High Street", "near": "300m", "type": 3}"#,
    )
    .await;
    assert_eq!(text, "High Street None 300 Some(Number(3))");
    let error = error(&tool, r#"{"street": "x", "near": "far"}"#).await;
    assert!(error.to_string().contains("like `300m`"), "{error}");
}

#[tokio::test]
async fn raw_names_and_equal_names() {
    let tool = odd::r#match::tool();
    assert_eq!(tool.name(), "match");
    assert_eq!(answer(&tool, r#"{"match": "a"}"#).await, "a!");
    assert_eq!(odd::r#match("b".to_owned()), "b!");
}

#[tokio::test]
async fn dropping_a_call_drops_the_function() {
    struct Guard(Arc<AtomicU32>);
    impl Drop for Guard {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Never answers.
    #[tool]
    async fn wait(context: &ToolContext) {
        let dropped = context.dependency::<Arc<AtomicU32>>().cloned();
        let _guard = Guard(dropped.unwrap_or_default());
        std::future::pending::<()>().await;
    }

    let dropped = Arc::new(AtomicU32::new(0));
    let context = ToolContext::for_test().with(dropped.clone());
    let tool = wait::tool();
    let call = tool.call("", context, None);
    tokio::time::timeout(Duration::from_millis(20), call)
        .await
        .expect_err("it waits");
    assert_eq!(dropped.load(Ordering::Relaxed), 1);
}
