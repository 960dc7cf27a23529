//! Workflows by id, made with what is to be different.

use agno::{Registry, Runtime, prelude::*};
use serde_json::json;

#[data]
struct Overrides {
    /// Whom to greet with.
    word: Option<String>,
    #[schemars(range(min = 1))]
    times: Option<u32>,
}

#[data]
struct Nothing {}

#[workflow]
struct Greeting {
    word: String,
    times: u32,
}

#[workflow]
impl Greeting {
    #[step]
    async fn greet(&self, name: String) -> String {
        format!("{} {name}", self.word.repeat(self.times as usize))
    }
}

#[workflow]
struct Handoff;

#[workflow]
impl Handoff {
    #[step]
    async fn hand_off(&self) -> u32 {
        1
    }
}

fn registry() -> Registry {
    Registry::new()
        .with("greeting", |overrides: Overrides| {
            let word = overrides.word.unwrap_or_else(|| "Hello".to_owned());
            ensure!(!word.is_empty(), "a greeting needs a word");
            Ok::<_, Error>(Greeting {
                word,
                times: overrides.times.unwrap_or(1),
            })
        })
        .with("human-handoff", |_: Nothing| Ok::<_, Error>(Handoff))
}

#[tokio::test]
async fn a_workflow_is_made_with_its_overrides() {
    let registry = registry();
    assert_eq!(
        Vec::from_iter(registry.ids()),
        ["greeting", "human-handoff"]
    );
    for (overrides, expected) in [
        (json!({"word": "Hi", "times": 2}), "HiHi Ada"),
        (json!({}), "Hello Ada"),
        (json!(null), "Hello Ada"),
    ] {
        let made = registry.get("greeting", overrides).expect("is made");
        let handoff = registry.get("human-handoff", ()).expect("is made");
        let runtime = Runtime::builder().made(made).made(handoff).build().await;
        let runtime = runtime.expect("they fit together");
        let run = runtime.start::<Greeting>("Ada".to_owned()).await;
        assert_eq!(run.expect("starts").await.expect("completes"), expected);
    }
}

#[test]
fn an_unknown_id_is_not_found_and_the_nearest_is_named() {
    let unknown = registry().get("human_handof", ()).expect_err("no such id");
    assert_eq!(unknown.kind(), ErrorKind::NotFound);
    assert!(
        unknown.message().contains("did you mean `human-handoff`?"),
        "{unknown}"
    );
}

#[test]
fn overrides_that_do_not_fit_are_told_all_at_once() {
    let wrong = json!({"word": 7, "times": 0, "tims": 2});
    let refused = registry().get("greeting", wrong).expect_err("does not fit");
    assert_eq!(refused.kind(), ErrorKind::InvalidInput);
    let problems = refused.input_errors().expect("of input").problems().len();
    assert_eq!(problems, 3, "{refused}");
    let empty = registry().get("greeting", json!({"word": ""}));
    assert!(
        empty
            .expect_err("no word")
            .message()
            .contains("needs a word")
    );
}
