//! The order, what goes from step to step, and the options.

use agno::{AnyState, Execute, RunStatus, Settings, WorkflowInfo, prelude::*};

use crate::kit::{self, Says, says};

/// Two that speak.
///
/// A second paragraph.
#[workflow(name = "Content Creation", version = 3)]
struct Content {
    /// Finds out.
    #[step]
    researcher: Says,
    #[step(name = "author")]
    writer: Says,
    // Configuration of any type: not `Clone`, not `Debug`, not `'static` by itself.
    _limit: std::sync::Mutex<u32>,
    _names: &'static [&'static str],
    _function: fn(&str) -> usize,
    _shared: std::sync::Arc<dyn Send + Sync>,
    #[cfg(any())]
    _absent: Missing,
}

fn content() -> Content {
    Content {
        researcher: says("facts"),
        writer: says("prose"),
        _limit: std::sync::Mutex::new(3),
        _names: &["a"],
        _function: str::len,
        _shared: std::sync::Arc::new(1_u8),
    }
}

#[tokio::test]
async fn each_output_feeds_the_next_input_in_the_order_of_the_fields() {
    let storage = kit::store();
    let outcome = kit::run(&storage, content(), "bread".to_owned()).await;
    assert_eq!(kit::output(&outcome), r#""bread facts prose""#);
    assert_eq!(
        kit::told(&storage).await,
        [
            r#"researcher#0 {"input":"bread"} "bread facts""#,
            r#"author#0 {"input":"bread facts"} "bread facts prose""#,
        ]
    );
}

#[tokio::test]
async fn it_describes_itself() {
    assert_eq!((Content::NAME, Content::VERSION), ("Content Creation", 3));
    let runtime = kit::runtime(&kit::store(), content()).await;
    let summary = runtime.workflows().remove(0);
    assert_eq!(
        summary.description,
        "Two that speak.\n\nA second paragraph."
    );
    assert_eq!(summary.parameters, ["input"]);
    assert_eq!(summary.input["type"], "string");
    assert_eq!(summary.output["type"], "string");
    let steps: Vec<_> = summary
        .steps
        .iter()
        .map(|step| (&*step.name, &*step.description))
        .collect();
    assert_eq!(steps, [("researcher", "Finds out."), ("author", "")]);
    let graph = runtime.graph("Content Creation").expect("is there");
    let nodes = graph.flows[0].nodes;
    let places: Vec<_> = nodes
        .iter()
        .map(|node| match node {
            agno::graph::Node::Step { name, at } => (*name, at.file().ends_with("chains.rs")),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(places, [("researcher", true), ("author", true)]);
}

#[data]
struct Topic {
    title: String,
    words: u32,
}

#[data]
#[derive(Default)]
struct Draft {
    text: String,
    parts: Vec<f64>,
}

struct Drafts;
struct Rates;

impl Settings for Drafts {}
impl Settings for Rates {}

impl Execute for Drafts {
    type Input = Topic;
    type Output = Draft;

    async fn execute(
        &self,
        topic: Topic,
        _: &StepContext,
        _: Option<&mut dyn AnyState>,
    ) -> Result<Draft> {
        ensure!(topic.words > 0, "no words");
        Ok(Draft {
            text: topic.title,
            parts: vec![1.5, f64::from(topic.words)],
        })
    }
}

impl Execute for Rates {
    type Input = Draft;
    type Output = Option<u32>;

    async fn execute(
        &self,
        draft: Draft,
        _: &StepContext,
        _: Option<&mut dyn AnyState>,
    ) -> Result<Option<u32>> {
        Ok(Some(draft.parts.len() as u32))
    }
}

#[workflow]
struct Typed {
    #[step]
    drafts: Drafts,
    // A pointer to an executable is one.
    #[step(on_error = "skip")]
    rates: std::sync::Arc<Rates>,
}

fn typed() -> Typed {
    Typed {
        drafts: Drafts,
        rates: std::sync::Arc::new(Rates),
    }
}

fn topic(words: u32) -> Topic {
    Topic {
        title: "Bread \"{x}\"".to_owned(),
        words,
    }
}

#[tokio::test]
async fn inputs_and_outputs_have_any_type() {
    let outcome = kit::run(&kit::store(), typed(), topic(7)).await;
    assert_eq!(kit::output(&outcome), "2");
    let runtime = kit::runtime(&kit::store(), typed()).await;
    let refused = runtime.start_json("Typed", r#"{"title": "x"}"#).await;
    let error = refused.expect_err("a field is missing");
    assert!(error.input_errors().is_some(), "{error}");
    let answer: Option<u32> = runtime
        .start::<Typed>(topic(1))
        .await
        .expect("starts")
        .await
        .expect("completes");
    assert_eq!(answer, Some(2));
}

#[workflow]
struct Templates {
    #[step]
    drafts: Drafts,
    #[step(input = "{{{input}}} {drafts}|{previous}", name = "the writer")]
    writer: Says,
    #[step]
    plain: Says,
    #[step(input = "{ writer } / {previous} / {drafts}")]
    editor: Says,
    #[step(input = "nothing of it")]
    last: Says,
}

fn templates() -> Templates {
    Templates {
        drafts: Drafts,
        writer: says("w"),
        plain: says("p"),
        editor: says("e"),
        last: says("l"),
    }
}

#[tokio::test]
async fn templates_put_texts_in_as_they_are_and_the_rest_as_json() {
    let storage = kit::store();
    let outcome = kit::run(&storage, templates(), topic(7)).await;
    assert_eq!(kit::output(&outcome), r#""nothing of it l""#);
    let draft = r#"{"text":"Bread \"{x}\"","parts":[1.5,7.0]}"#;
    let topic = r#"{"title":"Bread \"{x}\"","words":7}"#;
    let writer = format!("{{{topic}}} {draft}|{draft}");
    let inputs: Vec<serde_json::Value> = {
        let journal = storage.journal(&kit::id(), 0).await.expect("reads");
        let steps = journal
            .iter()
            .filter(|entry| entry.kind == agno::EntryKind::Step);
        steps
            .map(|entry| entry.input.as_ref().expect("an input").to_value()["input"].clone())
            .collect()
    };
    assert_eq!(inputs[1], writer);
    assert_eq!(inputs[2], format!("{writer} w"));
    assert_eq!(inputs[3], format!("{writer} w / {writer} w p / {draft}"));
    assert_eq!(inputs[4], "nothing of it");
}

/// What a text becomes is the input's business: `From<String>`.
#[data]
struct Prompt {
    text: String,
}

impl From<String> for Prompt {
    fn from(text: String) -> Self {
        Self { text }
    }
}

struct Asks;
impl Settings for Asks {}
impl Execute for Asks {
    type Input = Prompt;
    type Output = String;

    async fn execute(
        &self,
        prompt: Prompt,
        _: &StepContext,
        _: Option<&mut dyn AnyState>,
    ) -> Result<String> {
        Ok(format!("{}?", prompt.text))
    }
}

#[workflow]
struct Asked {
    #[step(input = "Why {input}")]
    first: Says,
    #[step(input = "{previous}")]
    asks: Asks,
}

#[tokio::test]
async fn a_template_makes_whatever_is_made_of_a_text() {
    let storage = kit::store();
    let asked = Asked {
        first: says("so"),
        asks: Asks,
    };
    let outcome = kit::run(&storage, asked, "bread".to_owned()).await;
    assert_eq!(kit::output(&outcome), r#""Why bread so?""#);
    assert!(kit::told(&storage).await[1].contains(r#"{"input":{"text":"Why bread so"}}"#));
}

struct Sleeps;
impl Settings for Sleeps {}
impl Execute for Sleeps {
    type Input = String;
    type Output = String;

    async fn execute(
        &self,
        input: String,
        _: &StepContext,
        _: Option<&mut dyn AnyState>,
    ) -> Result<String> {
        tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
        Ok(input)
    }
}

#[workflow]
struct Options {
    #[step(retry(max = 2, backoff = "1ms", jitter = false))]
    flaky: Says,
    #[step(timeout = "20ms", on_error = "skip")]
    slow: Sleeps,
    #[step(at_most_once, version = 2)]
    once: Says,
    #[step(on_error = "pause")]
    fails: Says,
}

#[tokio::test]
async fn every_option_of_a_method_works_on_a_field() {
    let flaky = Says {
        failures: 2,
        ..says("f")
    };
    let fails = Says {
        failures: 1,
        ..says("last")
    };
    let options = || Options {
        flaky: flaky.clone(),
        slow: Sleeps,
        once: says("once"),
        fails: fails.clone(),
    };
    let storage = kit::store();
    let outcome = kit::run(&storage, options(), "a".to_owned()).await;
    assert_eq!(flaky.count(), 3, "two retries");
    assert_eq!(outcome.status, RunStatus::Paused, "{:?}", outcome.error);
    let told = kit::told(&storage).await;
    assert_eq!(told[0], r#"flaky#0 {"input":"a"} "a f""#);
    assert_eq!(told[1], r#"slow#0 {"input":"a f"} """#, "skipped");
    assert_eq!(told[2], r#"once#0 {"input":""} " once""#);
    let journal = storage.journal(&kit::id(), 0).await.expect("reads");
    assert!(
        journal
            .iter()
            .any(|entry| entry.kind == agno::EntryKind::Started),
        "at most once"
    );
    let outcome = kit::resume(&storage, options()).await;
    assert_eq!(kit::output(&outcome), r#"" once last""#);
    assert_eq!(flaky.count(), 3);
}

/// A panic in an executable is the step's failure, as in a method.
struct Panics;
impl Settings for Panics {}
impl Execute for Panics {
    type Input = String;
    type Output = String;

    async fn execute(
        &self,
        _: String,
        _: &StepContext,
        _: Option<&mut dyn AnyState>,
    ) -> Result<String> {
        panic!("out of order")
    }
}

#[workflow]
struct Panicking {
    #[step]
    panics: Panics,
}

#[tokio::test]
async fn a_panic_fails_the_step() {
    let outcome = kit::run(&kit::store(), Panicking { panics: Panics }, String::new()).await;
    let error = outcome.error.expect("it fails");
    assert_eq!(
        (&*error.code, error.path.as_deref()),
        ("panic", Some("panics#0"))
    );
}
