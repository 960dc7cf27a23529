#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "types are read for their schemas; helpers of tests"
)]

mod outputs;
mod parameters;
mod properties;
mod reading;
mod strict_types;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::*;

const OPEN_AI: SchemaDialect = SchemaDialect::OpenAi;
const ANTHROPIC: SchemaDialect = SchemaDialect::Anthropic;

/// A post of a blog.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Post {
    /// Its headline.
    #[schemars(length(min = 3))]
    title: String,
    #[serde(default)]
    tags: Vec<String>,
    subtitle: Option<String>,
    /// How well it reads.
    mood: Mood,
    #[serde(default)]
    backup_mood: Option<Mood>,
    #[serde(default = "many")]
    words: u32,
    #[schemars(range(min = 0.0, max = 1.0))]
    score: f32,
    unique: BTreeSet<String>,
    articles: Vec<Article>,
}

fn many() -> u32 {
    500
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Article {
    url: String,
    #[serde(default)]
    authors: Vec<String>,
}

/// A mood.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Mood {
    /// All is well.
    Glad,
    Sad,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
enum Shape {
    Point,
    /// Round.
    Circle {
        radius: f64,
    },
    Named(Article),
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind")]
enum Internal {
    None,
    Link(Article),
    Text {
        text: String,
        #[serde(default)]
        lines: Vec<String>,
    },
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", content = "data")]
enum Adjacent {
    None,
    Link(Article),
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Untagged {
    Number(i64),
    Article(Article),
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Tree {
    /// The first of them.
    first: Option<Box<Tree>>,
    children: Vec<Tree>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
enum Expression {
    Number(f64),
    Sum {
        /// Left of it.
        left: Box<Expression>,
        right: Box<Expression>,
    },
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Flat {
    id: String,
    #[serde(flatten)]
    article: Article,
    #[serde(flatten)]
    what: Internal,
    #[serde(flatten)]
    shape: Shape,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Empty {}

#[derive(Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
enum Key {
    A,
    B,
}

#[derive(Deserialize, JsonSchema)]
struct ByKey {
    counts: BTreeMap<Key, u32>,
}

#[derive(Deserialize, JsonSchema)]
struct Bad {
    m: HashMap<String, u32>,
    pair: (u32, String),
    inner: Vec<Inner>,
    #[serde(flatten)]
    rest: BTreeMap<String, String>,
}

#[derive(Deserialize, JsonSchema)]
struct Inner {
    any: Value,
    list: Vec<Value>,
    never: Never,
}

#[derive(Deserialize, JsonSchema)]
enum Never {}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Page<T> {
    items: Vec<T>,
}

fn strict<T: JsonSchema>(dialect: SchemaDialect) -> Value {
    let schema = OutputSchema::of::<T>(dialect).unwrap_or_else(|error| panic!("{error}"));
    follows_the_rules(schema.schema(), dialect, true);
    schema.schema().clone()
}

fn pretty<T: JsonSchema>(dialect: SchemaDialect) -> String {
    serde_json::to_string_pretty(&strict::<T>(dialect)).unwrap()
}

/// The rules as the guides word them, checked without the code that rewrites.
fn follows_the_rules(schema: &Value, dialect: SchemaDialect, root: bool) {
    let schema = schema
        .as_object()
        .unwrap_or_else(|| panic!("{schema} is no object"));
    if root {
        assert_eq!(schema["type"], "object");
        assert!(!schema.contains_key("anyOf"));
    }
    for forbidden in [
        "oneOf",
        "allOf",
        "$schema",
        "prefixItems",
        "uniqueItems",
        "not",
    ] {
        assert!(!schema.contains_key(forbidden), "{forbidden} in {schema:?}");
    }
    if schema.contains_key("$ref") {
        assert_eq!(schema.len(), 1, "{schema:?}");
    }
    if let Some(format) = schema.get("format") {
        assert!(["date-time", "uuid"].contains(&format.as_str().unwrap()));
    }
    if dialect == ANTHROPIC {
        for limit in ["minimum", "maximum", "minLength", "maxLength", "maxItems"] {
            assert!(!schema.contains_key(limit));
        }
        assert!(!schema.get("type").is_some_and(Value::is_array));
    }
    if schema.get("type").is_some_and(|kind| kind == "object") {
        assert_eq!(schema["additionalProperties"], false);
        let properties = schema["properties"].as_object().unwrap();
        let required = schema["required"].as_array().unwrap();
        if dialect == OPEN_AI {
            assert_eq!(required.len(), properties.len());
        }
        for name in required {
            assert!(properties.contains_key(name.as_str().unwrap()));
        }
        for property in properties.values() {
            follows_the_rules(property, dialect, false);
        }
    }
    for part in schema
        .get("$defs")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        follows_the_rules(part.1, dialect, false);
    }
    for part in schema
        .get("anyOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        follows_the_rules(part, dialect, false);
    }
    if let Some(items) = schema.get("items") {
        follows_the_rules(items, dialect, false);
    }
}
