//! Whether a call's input is the one that was recorded.

use agno_storage::{Json, canonical};
use serde_json::Value;

/// Compares in canonical form: the order of a map's keys means nothing. Where the schema says
/// that an array is a set (`uniqueItems`), neither does the order of its items: a `HashSet`
/// writes another one each time.
pub(super) fn same_input(recorded: &Json, asked: &Json, schema: impl FnOnce() -> Value) -> bool {
    if recorded.as_str() == asked.as_str() || canonical(recorded) == canonical(asked) {
        return true;
    }
    let schema = schema();
    let (mut left, mut right) = (recorded.to_value(), asked.to_value());
    sort_sets(&mut left, &schema, &schema, 0);
    sort_sets(&mut right, &schema, &schema, 0);
    leave_out_new(&mut right, &left, &schema, &schema, 0);
    match (Json::encode(&left), Json::encode(&right)) {
        (Ok(left), Ok(right)) => canonical(&left) == canonical(&right),
        _ => false,
    }
}

/// Takes out fields that the recorded value does not have and that say nothing: those that were
/// added to a type since, and are null or have their default.
fn leave_out_new(asked: &mut Value, recorded: &Value, schema: &Value, root: &Value, depth: u8) {
    if depth > 64 || asked == recorded {
        return;
    }
    let schema = match schema.get("$ref").and_then(Value::as_str) {
        Some(reference) => match reference.strip_prefix('#').and_then(|at| root.pointer(at)) {
            Some(found) => found,
            None => return,
        },
        None => schema,
    };
    for choice in ["anyOf", "oneOf", "allOf"] {
        let options = schema.get(choice).and_then(Value::as_array);
        for option in options.into_iter().flatten() {
            leave_out_new(asked, recorded, option, root, depth + 1);
        }
    }
    match (asked, recorded) {
        (Value::Object(asked), Value::Object(recorded)) => {
            let required = schema.get("required").and_then(Value::as_array);
            let is_required = |key: &str| required.is_some_and(|all| all.iter().any(|r| r == key));
            let known = |key: &str| schema.get("properties")?.get(key);
            asked.retain(|key, value| {
                let says_nothing = known(key).is_some_and(|property| {
                    value.is_null() || property.get("default") == Some(&*value)
                });
                recorded.contains_key(key) || is_required(key) || !says_nothing
            });
            for (key, value) in asked {
                let of = known(key).or_else(|| schema.get("additionalProperties"));
                if let (Some(of), Some(recorded)) = (of, recorded.get(key)) {
                    leave_out_new(value, recorded, of, root, depth + 1);
                }
            }
        }
        (Value::Array(asked), Value::Array(recorded)) => {
            if let Some(of) = schema.get("items") {
                for (asked, recorded) in asked.iter_mut().zip(recorded) {
                    leave_out_new(asked, recorded, of, root, depth + 1);
                }
            }
        }
        _ => {}
    }
}

/// Sorts every set in a value, as its schema describes it.
pub(super) fn sort_sets(value: &mut Value, schema: &Value, root: &Value, depth: u8) {
    // Deeper than any type that is not recursive.
    if depth > 64 {
        return;
    }
    let schema = match schema.get("$ref").and_then(Value::as_str) {
        Some(reference) => match reference.strip_prefix('#').and_then(|at| root.pointer(at)) {
            Some(found) => found,
            None => return,
        },
        None => schema,
    };
    for choice in ["anyOf", "oneOf", "allOf"] {
        for option in schema
            .get(choice)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            sort_sets(value, option, root, depth + 1);
        }
    }
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let known = schema.get("properties").and_then(|known| known.get(key));
                if let Some(known) = known.or_else(|| schema.get("additionalProperties")) {
                    sort_sets(value, known, root, depth + 1);
                }
            }
        }
        Value::Array(items) => {
            if let Some(of) = schema.get("items") {
                items
                    .iter_mut()
                    .for_each(|item| sort_sets(item, of, root, depth + 1));
            }
            if schema.get("uniqueItems") == Some(&Value::Bool(true)) {
                items.sort_by_cached_key(|item| {
                    Json::encode(item)
                        .map(|item| canonical(&item))
                        .unwrap_or_default()
                });
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn json(value: &Value) -> Json {
        Json::encode(value).expect("json")
    }

    #[test]
    fn order_of_a_set_means_nothing_and_of_a_list_does() {
        let schema = json!({"properties": {"tags": {"type": "array", "uniqueItems": true}}});
        let one = json(&json!({"tags": ["a", "b"]}));
        let two = json(&json!({"tags": ["b", "a"]}));
        assert!(same_input(&one, &two, || schema));
        assert!(!same_input(&one, &two, || json!({})));
    }

    #[test]
    fn order_of_keys_means_nothing() {
        let one = Json::parse(r#"{"a":1,"b":2}"#).expect("json");
        let two = Json::parse(r#"{"b":2,"a":1}"#).expect("json");
        assert!(same_input(&one, &two, || json!({})));
    }
}
