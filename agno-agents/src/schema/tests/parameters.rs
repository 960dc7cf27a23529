//! Parameters of tools.

use super::*;

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
