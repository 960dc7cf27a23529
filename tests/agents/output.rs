//! Typed answers: what fits, what is mended, what fails.

use std::collections::BTreeMap;

use agno::{
    Agent, Capabilities,
    model::{ModelRequest, Reply, ReplyFormat, Scripted},
    prelude::*,
};

#[data]
#[derive(PartialEq)]
struct Post {
    /// Its title.
    title: String,
    sections: Vec<Section>,
    #[serde(default)]
    tags: Vec<String>,
}

#[data]
#[derive(PartialEq)]
struct Section {
    heading: String,
    words: u32,
}

const GOOD: &str = r#"{"title":"T","sections":[{"heading":"H","words":3}],"tags":null}"#;
const BAD: &str = r#"{"title":"T","sections":[{"heading":"H","words":"three"}],"tags":[]}"#;

fn agent(model: &Scripted) -> Agent<Post> {
    let builder = Agent::builder("Writer").model(model.clone());
    builder.output::<Post>().build().expect("fits")
}

#[tokio::test]
async fn an_answer_that_fits_is_a_value() {
    let model = Scripted::new([Reply::text(GOOD)]);
    let post = agent(&model).run("write").await.expect("fits");
    assert_eq!(post.sections[0].words, 3);
    assert_eq!(post.tags, [""; 0], "a null for what may be left out");
}

#[tokio::test]
async fn an_answer_that_does_not_fit_is_mended_once() {
    let model = Scripted::new([Reply::text(BAD), Reply::text(GOOD)]);
    let reply = agent(&model).run("write").reply().await.expect("mended");
    assert_eq!(reply.turns, 2);
    let asked = model.requests();
    let repair = format!("{:?}", asked[1].messages.last());
    assert!(repair.contains("sections[0].words"), "{repair}");
}

#[tokio::test]
async fn an_answer_that_is_not_mended_fails_with_its_path() {
    let model = Scripted::new([Reply::text(BAD), Reply::text(BAD), Reply::text(GOOD)]);
    let error = agent(&model).run("write").await.expect_err("does not fit");
    assert_eq!(error.code(), "output_mismatch");
    assert!(error.message().contains("sections[0].words"), "{error}");
    assert!(error.message().contains("after 1 repair"), "{error}");
    assert_eq!(model.requests().len(), 2, "one repair and no more");
    assert!(
        error
            .details()
            .is_some_and(|details| details.as_str().contains("three"))
    );
}

#[tokio::test]
async fn a_rule_of_the_program_s_is_mended_as_well() {
    let model = Scripted::new([Reply::text("too long"), Reply::text("short")]);
    let agent = Agent::builder("A")
        .model(model)
        .validate(|text: &String| match text.len() {
            0..=5 => Ok(()),
            n => Err(format!("{n} characters, 5 are allowed")),
        })
        .build()
        .expect("fits");
    assert_eq!(agent.run("go").await.expect("mended"), "short");
}

#[tokio::test]
async fn a_type_without_a_strict_schema_fails_when_the_agent_is_built() {
    #[data]
    struct Loose {
        counts: BTreeMap<String, u32>,
        pair: (u32, String),
    }
    let builder =
        || Agent::builder("A").model(Scripted::new([r#"{"counts":{"a":1},"pair":[1,"x"]}"#]));
    let error = builder()
        .output::<Loose>()
        .build()
        .expect_err("cannot be strict");
    assert_eq!(error.code(), "agent_invalid");
    for field in ["Loose.counts", "Loose.pair", ".strict(false)"] {
        assert!(error.message().contains(field), "{field} in {error}");
    }
    let agent = builder()
        .output::<Loose>()
        .strict(false)
        .build()
        .expect("need not be");
    assert_eq!(agent.run("go").await.expect("fits").counts["a"], 1);
}

#[tokio::test]
async fn what_the_model_cannot_be_held_to_is_in_the_prompt() {
    let asks = |strict: bool, json: bool, reply: &str| {
        let model = Scripted::new([Reply::text(reply)]).with_capabilities(Capabilities {
            strict_schema: strict,
            json_object: json,
            ..Capabilities::default()
        });
        async move {
            let post = agent(&model).run("write").await.expect("fits");
            assert_eq!(post.title, "T");
            let request: ModelRequest = model.requests()[0].clone();
            let shown = format!("{:?}", request.messages).contains("heading");
            (request.format, shown)
        }
    };
    let (format, shown) = asks(true, true, GOOD).await;
    assert!(
        matches!(format, ReplyFormat::Schema { .. }) && !shown,
        "{format:?}"
    );
    let (format, shown) = asks(false, true, GOOD).await;
    assert!(format == ReplyFormat::JsonObject && shown, "{format:?}");
    let fenced = format!("Here it is:\n```json\n{GOOD}\n```\nGood luck!");
    let (format, shown) = asks(false, false, &fenced).await;
    assert!(format == ReplyFormat::Text && shown, "{format:?}");
}

#[tokio::test]
async fn a_typed_input_is_json_to_the_model() {
    let model = Scripted::new(["done"]);
    let agent = Agent::builder("A")
        .model(model.clone())
        .input::<Section>()
        .build()
        .expect("fits");
    let section = Section {
        heading: "H".to_owned(),
        words: 2,
    };
    agent.run(section).await.expect("answers");
    assert!(format!("{:?}", model.requests()[0].messages).contains("heading"));
}
