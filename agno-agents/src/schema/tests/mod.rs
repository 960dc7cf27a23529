#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "types are read for their schemas; helpers of tests"
)]

mod reading;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use insta::assert_snapshot;
use proptest::prelude::*;
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

#[test]
fn a_struct_of_everything_usual() {
    assert_snapshot!(pretty::<Post>(OPEN_AI));
}

#[test]
fn anthropic_leaves_out_and_knows_no_limits() {
    assert_snapshot!(pretty::<Post>(ANTHROPIC));
}

#[test]
fn enums_of_every_tagging() {
    let all = [
        pretty::<Mood>(OPEN_AI),
        pretty::<Shape>(OPEN_AI),
        pretty::<Internal>(OPEN_AI),
        pretty::<Adjacent>(OPEN_AI),
        pretty::<Untagged>(OPEN_AI),
    ];
    assert_snapshot!(all.join("\n"));
}

#[test]
fn what_is_flattened_is_written_out() {
    assert_snapshot!(pretty::<Flat>(OPEN_AI));
}

#[test]
fn types_that_contain_themselves() {
    let both = [
        pretty::<Tree>(OPEN_AI),
        pretty::<Expression>(OPEN_AI),
        pretty::<Vec<Tree>>(OPEN_AI),
    ];
    assert_snapshot!(both.join("\n"));
}

#[test]
fn roots_that_are_no_objects_are_wrapped() {
    for (schema, wrapped) in [
        (OutputSchema::of::<Post>(OPEN_AI).unwrap(), false),
        (OutputSchema::of::<Empty>(OPEN_AI).unwrap(), false),
        (OutputSchema::of::<Vec<Article>>(OPEN_AI).unwrap(), true),
        (OutputSchema::of::<Mood>(OPEN_AI).unwrap(), true),
        (OutputSchema::of::<Internal>(ANTHROPIC).unwrap(), true),
        (OutputSchema::of::<Option<Post>>(OPEN_AI).unwrap(), true),
        (OutputSchema::of::<bool>(OPEN_AI).unwrap(), true),
        (OutputSchema::loose::<Vec<Tree>>(), true),
        (OutputSchema::loose::<Bad>(), false),
    ] {
        assert_eq!(schema.wrapped, wrapped, "{schema:?}");
    }
    let read = |text| {
        OutputSchema::of::<Vec<Article>>(OPEN_AI)
            .unwrap()
            .read::<Vec<Article>>(text)
    };
    assert_eq!(read(r#"{"value":[]}"#), Ok(Vec::new()));
    let one = read(r#"{"value":[{"url":"u","authors":null}]}"#).unwrap();
    assert_eq!(
        one,
        [Article {
            url: "u".into(),
            authors: Vec::new()
        }]
    );
}

#[test]
fn names_are_what_providers_take() {
    assert_eq!(OutputSchema::loose::<Page<Article>>().name(), "Page");
    assert_eq!(name("Größe<T>"), "Gr__e_T_");
    assert_eq!(name(""), "output");
    assert_eq!(name(&"x".repeat(200)).len(), 64);
}

#[test]
fn keys_known_beforehand_are_fields() {
    let schema = strict::<ByKey>(OPEN_AI);
    let counts = &schema["properties"]["counts"];
    assert_eq!(counts["required"], json!(["A", "B"]));
    let read = OutputSchema::of::<ByKey>(OPEN_AI).unwrap();
    let read: ByKey = read.read(r#"{"counts":{"A":1,"B":null}}"#).unwrap();
    assert_eq!(read.counts, BTreeMap::from([(Key::A, 1)]));
}

#[test]
fn everything_inexpressible_is_named_at_once() {
    let error = OutputSchema::of::<Bad>(OPEN_AI).unwrap_err();
    assert_eq!(error.type_name, "Bad");
    assert_snapshot!(error, @r"
    `Bad`: a map with arbitrary keys cannot be strict; use a Vec of pairs, or `.strict(false)`
    `Bad.inner[].any`: a value of any shape cannot be strict; use a type that says what it holds, or `.strict(false)`
    `Bad.inner[].list[]`: a value of any shape cannot be strict; use a type that says what it holds, or `.strict(false)`
    `Bad.inner[].never`: a type without values cannot be answered; give it a variant, or `.strict(false)`
    `Bad.m`: a map with arbitrary keys cannot be strict; use a Vec of pairs, or `.strict(false)`
    `Bad.pair`: a tuple cannot be strict; use a struct with named fields, or an array of one type, or `.strict(false)`
    ");
    let error = OutputSchema::of::<Vec<(u8, u8)>>(OPEN_AI).unwrap_err();
    assert_eq!(error.problems[0].obstacle, Obstacle::Tuple);
    let error = OutputSchema::of::<HashMap<String, u8>>(ANTHROPIC).unwrap_err();
    assert_eq!(error.problems[0].obstacle, Obstacle::Map);
}

#[test]
fn the_prompt_holds_the_schema() {
    let schema = OutputSchema::loose::<Bad>();
    let prompt = schema.prompt();
    let inside = prompt
        .split_once(MARKS.0)
        .unwrap()
        .1
        .split_once(MARKS.1)
        .unwrap()
        .0;
    assert_eq!(
        &serde_json::from_str::<Value>(inside).unwrap(),
        schema.schema()
    );
}

#[test]
fn tools_stay_as_they_are_unless_it_changes_nothing() {
    let article = raw::<Page<Post>>();
    assert_eq!(tool_parameters(article.clone()), (article, false));
    let (plain, strict) = tool_parameters(raw::<Page<Tree>>());
    assert!(strict);
    follows_the_rules(&plain, OPEN_AI, true);
    for open in [
        json!({"type": "object", "properties": {"filter": {"type": "object"}}, "required": ["filter"]}),
        json!({"type": "object", "additionalProperties": true}),
        json!({"type": "object", "properties": {"limit": {"type": "integer"}}}),
        json!({"type": "object", "properties": {"x": {"$ref": "https://a.example/s"}}, "required": ["x"]}),
        json!({"anyOf": [{"type": "object"}]}),
        json!(true),
        Value::Null,
    ] {
        assert_eq!(tool_parameters(open.clone()), (open, false));
    }
    let none = json!({"type": "object"});
    assert!(tool_parameters(none).1);
}

#[test]
fn schemas_in_a_circle_end() {
    let circle = json!({
        "type": "object",
        "properties": { "x": { "$ref": "#/$defs/A", "description": "x" } },
        "required": ["x"],
        "$defs": {
            "A": { "allOf": [{ "$ref": "#/$defs/B" }] },
            "B": { "allOf": [{ "$ref": "#/$defs/A" }] },
        },
    });
    assert!(!tool_parameters(circle).1);
    let wide = json!({ "oneOf": (0..9).map(|n| json!({ "const": n })).collect::<Vec<_>>() });
    let product = json!({
        "type": "object",
        "properties": { "x": { "allOf": [wide, wide, wide] } },
        "required": ["x"],
    });
    assert!(!tool_parameters(product).1);
    let both = json!([{ "$ref": "#/$defs/A" }, { "$ref": "#/$defs/A" }]);
    let branching = json!({
        "type": "object",
        "properties": { "x": { "$ref": "#/$defs/A" } },
        "$defs": { "A": { "allOf": both, "anyOf": both } },
    });
    assert!(!tool_parameters(branching).1);
    let chain: serde_json::Map<String, Value> = (0..50_000)
        .map(|n| {
            (
                n.to_string(),
                json!({ "$ref": format!("#/$defs/{}", n + 1) }),
            )
        })
        .collect();
    let deep = json!({
        "type": "object",
        "properties": { "x": { "$ref": "#/$defs/0" } },
        "required": ["x"],
        "$defs": chain,
    });
    assert!(!tool_parameters(deep).1);
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z#/$]{0,6}".prop_map(Value::from),
        prop::sample::select(vec!["#", "#/$defs/a", "object", "array", "null"])
            .prop_map(Value::from),
    ];
    let key = prop::sample::select(vec![
        "type",
        "properties",
        "required",
        "items",
        "anyOf",
        "oneOf",
        "allOf",
        "$ref",
        "$defs",
        "a",
        "prefixItems",
        "additionalProperties",
        "enum",
        "const",
        "url",
        "authors",
        "value",
    ]);
    leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..5).prop_map(|fields| {
                fields
                    .into_iter()
                    .map(|(key, value)| (key.to_owned(), value))
                    .collect()
            }),
        ]
    })
}

proptest! {
    #[test]
    fn hostile_text_is_never_more_than_a_problem(text in r#"[\[{"\\:,`a-z0-9\]} \n]{0,200}"#) {
        let _ = OutputSchema::loose::<Post>().read::<Post>(&text);
        let _ = OutputSchema::loose::<Vec<Internal>>().read::<Vec<Internal>>(&text);
        let _ = OutputSchema::of::<Flat>(OPEN_AI).unwrap().read::<Flat>(&text);
    }

    #[test]
    fn hostile_json_is_never_more_than_a_problem(value in json()) {
        let text = value.to_string();
        let _ = OutputSchema::loose::<Vec<Internal>>().read::<Vec<Internal>>(&text);
        let _ = OutputSchema::of::<Tree>(OPEN_AI).unwrap().read::<Tree>(&text);
    }

    /// Schemas of foreign servers are untrusted as well.
    #[test]
    fn hostile_schemas_are_strict_or_as_they_were(mut schema in json()) {
        if let Value::Object(schema) = &mut schema {
            schema.insert("type".into(), "object".into());
        }
        let (answer, strict) = tool_parameters(schema.clone());
        if !strict {
            prop_assert_eq!(answer, schema);
        }
    }
}
