//! Looking into a schema that is filled.

use serde_json::{Map, Value};

/// A schema's type, the first that is not `null`.
pub(super) fn kind(schema: &Map<String, Value>) -> &str {
    let named = match schema.get("type") {
        Some(Value::String(kind)) => Some(kind.as_str()),
        Some(Value::Array(kinds)) => {
            let mut kinds = kinds.iter().filter_map(Value::as_str);
            kinds.find(|kind| *kind != "null").or(Some("null"))
        }
        _ => None,
    };
    named.unwrap_or(if schema.contains_key("properties") {
        "object"
    } else if schema.contains_key("items") || schema.contains_key("prefixItems") {
        "array"
    } else if ["anyOf", "oneOf", "allOf", "$ref"]
        .iter()
        .any(|key| schema.contains_key(*key))
    {
        "choice"
    } else {
        "string"
    })
}

/// The words by which alternatives differ: constants, names of fields, descriptions.
pub(super) fn differs(schema: &Value, text: &mut String) {
    let Value::Object(schema) = schema else {
        return;
    };
    for key in ["const", "enum", "description"] {
        if let Some(said) = schema.get(key) {
            text.push(' ');
            text.push_str(&said.to_string());
        }
    }
    for (name, property) in schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        text.push(' ');
        text.push_str(name);
        if property.get("const").is_some() {
            differs(property, text);
        }
    }
}

/// Two parts of one object as one. Of anything else the first.
pub(super) fn merged(one: Value, other: Value) -> Value {
    match (one, other) {
        (Value::Object(mut one), Value::Object(other)) => {
            one.extend(other);
            Value::Object(one)
        }
        (one, _) => one,
    }
}
