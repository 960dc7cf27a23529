//! Tests of the schemas and of what is said about an input.

mod accepted;
mod anything;
mod explained;
mod given;
mod large;
mod places;

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::*;

/// What to write about.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct BlogInput {
    /// what to write about
    #[schemars(length(min = 3, max = 40))]
    topic: String,
    /// How long it becomes.
    ///
    /// Not a promise.
    #[schemars(range(min = 50, max = 5000))]
    words: Option<u32>,
    tone: Option<Tone>,
    #[serde(default)]
    #[schemars(inner(regex(pattern = "^[a-z]+$")))]
    tags: Vec<String>,
    #[schemars(email)]
    mail: Option<String>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Tone {
    /// As to a friend.
    Casual,
    /// As to a court.
    Formal,
}

/// A place to read from.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Source {
    /// where it is
    url: String,
    rank: Option<i64>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Nested {
    main: Source,
    more: Vec<Source>,
    by_name: HashMap<String, Source>,
    pair: (u8, String),
    maybe: Option<Source>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Internal {
    Nothing,
    Page(Source),
    Text { body: String, size: Option<u32> },
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
enum External {
    Nothing,
    Page(Source),
    Text { body: String },
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Nothing,
    Page(Source),
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Untagged {
    Page(Source),
    Name { name: String },
    Id(u32),
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Wrapper(Source);

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct FlatStruct {
    z: bool,
    #[serde(flatten)]
    source: Source,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct FlatInternal {
    z: bool,
    #[serde(flatten)]
    inner: Internal,
    #[serde(flatten)]
    other: Untagged,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct FlatMap {
    z: bool,
    #[serde(flatten)]
    rest: HashMap<String, u32>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct FlatAnything {
    z: bool,
    #[serde(flatten)]
    rest: Value,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Tree {
    name: String,
    children: Vec<Tree>,
    parent: Option<Box<Tree>>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "op")]
enum Expression {
    Add {
        left: Box<Expression>,
        right: Box<Expression>,
    },
    Number {
        value: f64,
    },
}

fn kinds(schema: &InputSchema, value: &Value) -> Vec<(String, ProblemKind)> {
    match schema.check_value(value) {
        Ok(()) => Vec::new(),
        Err(problems) => problems
            .into_iter()
            .map(|problem| (problem.path, problem.kind))
            .collect(),
    }
}

/// What is shown for a text, as the command line shows it.
fn shown<T: JsonSchema>(text: &str) -> String {
    match InputSchema::of::<T>().check(text) {
        Ok(value) => format!("accepted: {value}"),
        Err(errors) => format!("error: {}", errors.with_origin("-i")),
    }
}
