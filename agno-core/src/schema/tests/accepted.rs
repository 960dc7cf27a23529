use serde::de::DeserializeOwned;

use super::*;

/// The schema and serde take `value`, and the schema refuses it with one more field in any object of
/// `closed`.
fn takes<T: JsonSchema + DeserializeOwned>(value: &Value, closed: &[&str]) {
    let schema = InputSchema::of::<T>();
    assert_eq!(kinds(&schema, value), [], "{value} {}", schema.document());
    if let Err(error) = serde_json::from_value::<T>(value.clone()) {
        panic!("{value}: {error}");
    }
    for pointer in closed {
        let mut more = value.clone();
        let object = more.pointer_mut(pointer).expect("a place in the value");
        object["surplus"] = json!(1);
        assert!(
            schema.check_value(&more).is_err(),
            "{more} {}",
            schema.document()
        );
    }
}

#[test]
fn structs() {
    takes::<BlogInput>(&json!({ "topic": "rust" }), &[""]);
    let all = json!({
        "topic": "rust", "words": null, "tone": "formal", "tags": ["a"], "mail": "a@b.ch"
    });
    takes::<BlogInput>(&all, &[""]);
    takes::<Wrapper>(&json!({ "url": "u" }), &[""]);
    let source = json!({ "url": "u", "rank": 1 });
    let nested = json!({
        "main": source, "more": [source], "by_name": { "x": source }, "pair": [1, "a"], "maybe": source
    });
    takes::<Nested>(&nested, &["", "/main", "/more/0", "/by_name/x", "/maybe"]);
}

#[test]
fn enums() {
    takes::<External>(&json!("Nothing"), &[]);
    takes::<External>(&json!({ "Page": { "url": "u" } }), &["", "/Page"]);
    takes::<External>(&json!({ "Text": { "body": "b" } }), &["", "/Text"]);
    takes::<Internal>(&json!({ "kind": "nothing" }), &[""]);
    takes::<Internal>(&json!({ "kind": "page", "url": "u", "rank": 2 }), &[""]);
    takes::<Internal>(&json!({ "kind": "text", "body": "b", "size": 2 }), &[""]);
    takes::<Adjacent>(&json!({ "t": "Page", "c": { "url": "u" } }), &["", "/c"]);
    takes::<Untagged>(&json!({ "url": "u" }), &[""]);
    takes::<Untagged>(&json!({ "name": "u" }), &[""]);
    takes::<Untagged>(&json!(3), &[]);
}

#[test]
fn flattened_parts() {
    takes::<FlatStruct>(&json!({ "z": true, "url": "u" }), &[""]);
    takes::<FlatInternal>(
        &json!({ "z": true, "kind": "page", "url": "u", "rank": 1 }),
        &[""],
    );
    takes::<FlatInternal>(
        &json!({ "z": true, "kind": "text", "body": "b", "name": "n" }),
        &[""],
    );
    // What a map or a value takes stays open.
    takes::<FlatMap>(&json!({ "z": true, "a": 1, "b": 2 }), &[]);
    takes::<FlatAnything>(&json!({ "z": true, "a": [1] }), &[]);
}

#[test]
fn recursive_types() {
    let leaf = json!({ "name": "leaf", "children": [] });
    let tree = json!({ "name": "root", "children": [leaf], "parent": leaf });
    takes::<Tree>(&tree, &["", "/children/0", "/parent"]);
    let number = json!({ "op": "Number", "value": 1.5 });
    let sum = json!({ "op": "Add", "left": number, "right": number });
    takes::<Expression>(&sum, &["", "/left"]);
}

#[test]
fn an_open_use_of_a_definition_leaves_it_closed_elsewhere() {
    #[derive(Debug, Deserialize, JsonSchema)]
    #[allow(dead_code, reason = "read by the schema only")]
    struct Both {
        tagged: Internal,
        plain: Source,
    }
    let value = json!({ "tagged": { "kind": "page", "url": "u" }, "plain": { "url": "u" } });
    takes::<Both>(&value, &["", "/tagged", "/plain"]);
}

#[test]
fn what_already_says_something_of_other_fields_is_left_alone() {
    let open = schemars::json_schema!({
        "type": "object",
        "properties": { "a": { "type": "string" } },
        "additionalProperties": { "type": "integer" }
    });
    let schema = InputSchema::new(&open);
    assert_eq!(kinds(&schema, &json!({ "a": "x", "b": 1 })), []);
    // An object of which nothing is known stays open beside one that is known.
    let partly = schemars::json_schema!({
        "properties": { "a": { "type": "string" } },
        "allOf": [{ "type": "object" }]
    });
    assert_eq!(kinds(&InputSchema::new(&partly), &json!({ "b": 1 })), []);
}

#[test]
fn integers_are_those_of_rust() {
    #[derive(Debug, Deserialize, JsonSchema)]
    #[allow(dead_code, reason = "read by the schema only")]
    struct Numbers {
        a: u32,
        b: i64,
        c: u64,
        d: f64,
        default: Option<i32>,
    }
    let with = |name: &str, number: Value| {
        let mut numbers = json!({ "a": 1, "b": 1, "c": 1, "d": 1 });
        numbers[name] = number;
        numbers
    };
    takes::<Numbers>(&with("c", json!(u64::MAX)), &[]);
    takes::<Numbers>(&with("d", json!(1.5)), &[]);
    takes::<Numbers>(&with("default", json!(null)), &[]);
    let schema = InputSchema::of::<Numbers>();
    let refused = |name: &str, number: Value| kinds(&schema, &with(name, number));
    let wrong = |name: &str, kind| vec![(format!(".{name}"), kind)];
    // serde refuses all of these, too.
    assert_eq!(
        refused("a", json!(300.0)),
        wrong("a", ProblemKind::WrongType)
    );
    assert_eq!(refused("a", json!(1.5)), wrong("a", ProblemKind::WrongType));
    assert_eq!(
        refused("a", json!(5_000_000_000_u64)),
        wrong("a", ProblemKind::OutOfRange)
    );
    assert_eq!(refused("a", json!(-1)), wrong("a", ProblemKind::OutOfRange));
    assert_eq!(
        refused("b", json!(u64::MAX)),
        wrong("b", ProblemKind::OutOfRange)
    );
    assert_eq!(
        refused("default", json!(2.0)),
        wrong("default", ProblemKind::WrongType)
    );
    assert_eq!(
        refused("default", json!(1_u64 << 40)),
        wrong("default", ProblemKind::OutOfRange)
    );
}

#[test]
fn a_schema_that_cannot_be_used_says_so() {
    let bad = schemars::json_schema!({ "title": "Bad", "type": "string", "pattern": "(" });
    let schema = InputSchema::new(&bad);
    let error = schema.compile().expect_err("it is wrong").to_string();
    assert!(
        error.contains("`Bad`") && error.contains("pattern"),
        "{error}"
    );
    assert_eq!(
        kinds(&schema, &json!("x")),
        [(String::new(), ProblemKind::Schema)]
    );
    assert!(schema.check("\"x\"").is_err());
    let far = schemars::json_schema!({ "$ref": "https://example.com/schema.json" });
    assert!(InputSchema::new(&far).compile().is_err());
}
