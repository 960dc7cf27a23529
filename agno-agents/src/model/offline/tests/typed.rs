//! Typed answers.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::*;
use crate::{model::SchemaDialect, schema::OutputSchema};

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Post {
    title: String,
    #[schemars(length(min = 20, max = 80))]
    summary: String,
    content: String,
    tags: Vec<String>,
    author: String,
    url: String,
    #[schemars(range(min = 0.0, max = 1.0))]
    score: f64,
    words: u8,
    found: bool,
    mood: Mood,
    #[schemars(length(min = 2, max = 3))]
    points: Vec<Point>,
    by_key: Option<Box<Post>>,
    shape: Shape,
    #[serde(default)]
    set: BTreeSet<String>,
    letter: char,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Mood {
    Sad,
    /// It is about houses.
    AboutHouses,
    Glad,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Point {
    headline: String,
    text: String,
    link: Option<String>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind")]
enum Shape {
    Circle { radius: f32 },
    Post(Box<Point>),
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Tree {
    name: String,
    children: Vec<Tree>,
    next: Option<Box<Tree>>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
enum Expression {
    Sum {
        left: Box<Expression>,
        right: Box<Expression>,
    },
    Number(f64),
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Open {
    map: BTreeMap<String, u32>,
    pair: (u8, String, Mood),
    any: Value,
    #[serde(flatten)]
    article: Article,
    #[serde(flatten)]
    shape: Shape,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Articles {
    articles: Vec<Article>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Article {
    title: String,
    url: String,
    #[serde(default)]
    summary: Option<String>,
}

fn typed<T: JsonSchema + DeserializeOwned>(mut request: ModelRequest) -> T {
    let schema = OutputSchema::loose::<T>();
    let mut told = request.clone();
    told.messages.insert(0, Message::system(schema.prompt()));
    let in_prose = Offline::reply(&told).message.text;
    if let Err(problem) = schema.read::<T>(&in_prose) {
        panic!("{problem}\n{in_prose}");
    }
    for dialect in [SchemaDialect::OpenAi, SchemaDialect::Anthropic] {
        if let Ok(strict) = OutputSchema::of::<T>(dialect) {
            request.format = ReplyFormat::Schema {
                name: strict.name().to_owned(),
                schema: strict.schema().clone(),
            };
            let text = Offline::reply(&request).message.text;
            if let Err(problem) = strict.read::<T>(&text) {
                panic!("{problem}\n{text}");
            }
            if dialect == SchemaDialect::OpenAi {
                return strict.read(&text).unwrap();
            }
        }
    }
    schema.read(&in_prose).unwrap()
}

#[test]
fn typed_answers_are_filled() {
    let prompt = format!("Write a post about heat pumps in houses.\n\n{ARTICLE}");
    let post: Post = typed(asked("", &prompt, &[]));
    assert!((20..=80).contains(&post.summary.chars().count()));
    assert!((2..=3).contains(&post.points.len()));
    assert!(post.found);
    assert!(matches!(post.mood, Mood::AboutHouses));
    assert_snapshot!(serde_json::to_string_pretty(&post).unwrap());

    let mut request = asked("", "Find articles about heat pumps", &[]);
    request.messages.push(Message::Tool {
        call: "1".into(),
        name: "web_search".into(),
        text: found(),
        is_error: false,
    });
    let articles: Articles = typed(request);
    assert_snapshot!(serde_json::to_string_pretty(&articles).unwrap());
}

#[test]
fn every_type_is_filled_with_and_without_sources() {
    for prompt in [
        "Hello",
        "",
        ARTICLE,
        &found(),
        "Write a post about heat pumps.",
    ] {
        let request = || asked("", prompt, &[]);
        typed::<Post>(request());
        typed::<Tree>(request());
        typed::<Expression>(request());
        typed::<Shape>(request());
        typed::<Vec<Article>>(request());
        typed::<Vec<String>>(request());
        typed::<String>(request());
        typed::<bool>(request());
        typed::<Option<Mood>>(request());
        typed::<Open>(request());
        typed::<(f64, Mood)>(request());
        let _ = typed::<Result<Article, String>>(request());
    }
}

#[test]
fn an_object_of_any_shape_is_an_object() {
    let mut request = asked("", ARTICLE, &[]);
    request.format = ReplyFormat::JsonObject;
    let answer: Value = serde_json::from_str(&Offline::reply(&request).message.text).unwrap();
    assert!(answer["answer"].as_str().unwrap().contains("heat pump"));
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Ticket {
    category: Category,
    summary: String,
    email: Option<String>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Category {
    Billing,
    Login,
    Other,
}

#[test]
fn a_message_is_classified_by_its_own_words() {
    for text in [
        "My login shows errors since yesterday",
        "Why does the login fail?",
        "The login is broken.",
    ] {
        let ticket: Ticket = typed(asked("Classify the message of a customer.", text, &[]));
        assert_eq!(ticket.category, Category::Login);
        assert_eq!(
            ticket.summary.trim_end_matches('.'),
            text.trim_end_matches('.')
        );
        assert_eq!(ticket.email, None);
    }
}

/// Why somebody writes.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
enum Motive {
    /// A card was stolen.
    Security,
    /// A question about fees and interest rates.
    Conditions,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Letter {
    name: Option<String>,
    motive: Motive,
}

#[test]
fn a_long_message_is_classified_by_all_of_it_and_names_nobody() {
    let greeting =
        "Good morning to everybody in your house, and thank you for your time. ".repeat(4);
    let text = format!("{greeting}\n\nWhy is the interest higher than my neighbour's?");
    let letter: Letter = typed(asked("", &text, &[]));
    assert_eq!((letter.motive, letter.name), (Motive::Conditions, None));
}

#[test]
fn schemas_that_branch_for_ever_end() {
    let itself = json!({ "$ref": "#/$defs/a" });
    for a in [
        json!({ "type": "object", "properties": { "x": itself, "y": itself }, "required": ["x", "y"] }),
        json!({ "allOf": [itself, itself], "oneOf": [itself, itself] }),
        json!({ "type": "array", "items": itself, "minItems": 1_000_000 }),
    ] {
        let mut request = asked("", ARTICLE, &[]);
        let schema = json!({ "$ref": "#/$defs/a", "$defs": { "a": a } });
        request.format = ReplyFormat::Schema {
            name: "a".into(),
            schema,
        };
        let text = Offline::reply(&request).message.text;
        assert!(text.len() < 1_000_000, "{}", text.len());
    }
}
