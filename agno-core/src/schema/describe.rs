//! Schemas and values in words.

use serde_json::Value;

use super::close::target;
use super::printable::{columns, printable};

/// As many references are followed: a definition may refer to itself.
const REFERENCES: usize = 16;

/// A schema with its references followed. The annotations beside a reference are left behind.
pub(super) fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let mut resolved = schema;
    for _ in 0..REFERENCES {
        let only_reference = resolved.get("properties").is_none();
        match resolved.get("$ref").and_then(Value::as_str) {
            Some(reference) if only_reference => match target(document, reference) {
                Some(next) => resolved = next,
                None => return resolved,
            },
            _ => return resolved,
        }
    }
    resolved
}

/// The first sentence or line of the documentation of a schema.
pub(super) fn description(document: &Value, schema: &Value) -> Option<String> {
    let text = schema["description"]
        .as_str()
        .or_else(|| resolve(document, schema)["description"].as_str())?;
    let paragraph = text.trim().split("\n\n").next().unwrap_or_default();
    let line = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    (!line.is_empty()).then(|| printable(&line, 120))
}

/// The fields that a schema knows, in all of its parts.
pub(super) fn fields<'a>(document: &'a Value, schema: &'a Value) -> Vec<(&'a str, &'a Value)> {
    let mut found = Vec::new();
    collect(document, schema, &mut Vec::new(), &mut found);
    found
}

fn collect<'a>(
    document: &'a Value,
    schema: &'a Value,
    seen: &mut Vec<&'a Value>,
    found: &mut Vec<(&'a str, &'a Value)>,
) {
    // Definitions may refer to each other.
    if seen.iter().any(|known| std::ptr::eq(*known, schema)) {
        return;
    }
    seen.push(schema);
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        if !found.iter().any(|(known, _)| known == name) {
            found.push((name, field));
        }
    }
    let listed = ["allOf", "anyOf", "oneOf"]
        .iter()
        .filter_map(|key| schema[*key].as_array())
        .flatten();
    let single = ["then", "else"].iter().filter_map(|key| schema.get(*key));
    let referred = schema["$ref"]
        .as_str()
        .and_then(|reference| target(document, reference));
    for part in listed.chain(single).chain(referred) {
        collect(document, part, seen, found);
    }
}

/// The values that a schema is limited to, if it is limited to constants.
pub(super) fn choices<'a>(document: &'a Value, schema: &'a Value) -> Option<Vec<&'a Value>> {
    let mut found = Vec::new();
    choose(document, schema, 0, &mut found).then_some(found)
}

fn choose<'a>(
    document: &'a Value,
    schema: &'a Value,
    depth: usize,
    found: &mut Vec<&'a Value>,
) -> bool {
    if depth > REFERENCES {
        return false;
    }
    let schema = resolve(document, schema);
    if let Some(value) = schema.get("const") {
        found.push(value);
        return true;
    }
    if let Some(values) = schema["enum"].as_array() {
        found.extend(values);
        return true;
    }
    if schema["type"] == "null" {
        found.push(&Value::Null);
        return true;
    }
    for key in ["oneOf", "anyOf"] {
        if let Some(ways) = schema[key].as_array() {
            return !ways.is_empty()
                && ways
                    .iter()
                    .all(|way| choose(document, way, depth + 1, found));
        }
    }
    false
}

/// What a schema wants: `integer`, `array of string`, `"a" or "b"`.
pub(super) fn wanted(document: &Value, schema: &Value) -> String {
    describe(document, schema, 0)
}

fn describe(document: &Value, schema: &Value, depth: usize) -> String {
    if depth > 3 {
        return "value".to_owned();
    }
    if let Some(choices) = choices(document, schema) {
        return any_of(choices.into_iter().map(short));
    }
    let resolved = resolve(document, schema);
    for key in ["oneOf", "anyOf"] {
        if let Some(ways) = resolved[key].as_array()
            && resolved.get("properties").is_none()
        {
            if depth == 0 || ways.len() <= 2 {
                return any_of(ways.iter().map(|way| describe(document, way, depth + 1)));
            }
            return name(schema).unwrap_or_else(|| "object".to_owned());
        }
    }
    match &resolved["type"] {
        Value::String(name) => describe_type(document, schema, resolved, name, depth),
        Value::Array(names) => any_of(
            names
                .iter()
                .filter_map(Value::as_str)
                .map(|name| describe_type(document, schema, resolved, name, depth)),
        ),
        _ => match resolved.get("properties").or(resolved.get("allOf")) {
            Some(_) => describe_type(document, schema, resolved, "object", depth),
            None => "any value".to_owned(),
        },
    }
}

fn describe_type(
    document: &Value,
    schema: &Value,
    resolved: &Value,
    kind: &str,
    depth: usize,
) -> String {
    match kind {
        "array" => {
            if let Some(items) = resolved["prefixItems"].as_array() {
                let items: Vec<String> = items
                    .iter()
                    .take(6)
                    .map(|item| describe(document, item, depth + 1))
                    .collect();
                return format!("array [{}]", items.join(", "));
            }
            match resolved.get("items") {
                Some(items) if items.is_object() => {
                    format!("array of {}", describe(document, items, depth + 1))
                }
                _ => "array".to_owned(),
            }
        }
        "object" => {
            if let Some(name) = name(schema) {
                return name;
            }
            let required: Vec<String> = resolved["required"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .take(4)
                .map(|name| format!("`{}`", printable(name, 40)))
                .collect();
            match required.is_empty() {
                true => "object".to_owned(),
                false => format!("object with {}", required.join(", ")),
            }
        }
        "string" => match resolved["format"].as_str() {
            Some(format) => format!("string ({})", printable(format, 40)),
            None => "string".to_owned(),
        },
        _ => printable(kind, 40),
    }
}

/// A definition is known by its name.
fn name(schema: &Value) -> Option<String> {
    let name = schema["$ref"].as_str()?.rsplit('/').next()?;
    (name != "#").then(|| format!("object `{}`", printable(name, 60)))
}

/// `a`, `a or b`, `a, b or c`; a long list is cut.
pub(super) fn any_of(parts: impl IntoIterator<Item = String>) -> String {
    let mut unique: Vec<String> = Vec::new();
    for part in parts {
        if !unique.contains(&part) {
            unique.push(part);
        }
    }
    // Beside something else, `null` is only a way of leaving a field out.
    if unique.len() > 1 {
        unique.retain(|part| part != "null");
    }
    let more = unique.len().saturating_sub(12);
    unique.truncate(12);
    match (more, unique.pop()) {
        (0, None) => "nothing".to_owned(),
        (0, Some(last)) if unique.is_empty() => last,
        (0, Some(last)) => format!("{} or {last}", unique.join(", ")),
        (more, last) => {
            unique.extend(last);
            format!("{} or one of {more} more", unique.join(", "))
        }
    }
}

/// The name of a value's type, in the words of JSON Schema.
pub(super) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// A value in a few words. Never looks at more of it than it shows, however long it is.
pub(super) fn short(value: &Value) -> String {
    const LIMIT: usize = 48;
    match value {
        Value::String(text) => format!("\"{}\"", quoted(text, LIMIT)),
        Value::Array(items) if items.is_empty() => "empty array".to_owned(),
        Value::Object(fields) if fields.is_empty() => "empty object".to_owned(),
        Value::Array(items) => format!("array of {}", count(items.len(), "item")),
        Value::Object(fields) => format!("object with {}", count(fields.len(), "field")),
        _ => printable(&value.to_string(), LIMIT),
    }
}

/// `1 item`, `2 items`.
pub(super) fn count(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}

/// The beginning of a text with its quotes escaped.
fn quoted(text: &str, limit: usize) -> String {
    let mut out = String::new();
    for c in text.chars().take(limit + 1) {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    printable(&out, limit)
}

/// Whether a text alone would be an input.
pub(super) fn allows_string(document: &Value) -> bool {
    wanted(document, document).contains("string")
        || choices(document, document)
            .is_some_and(|choices| choices.iter().any(|choice| choice.is_string()))
}

/// The name that was probably meant.
pub(super) fn meant<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    // Nobody mistypes a page of text, and comparing it takes long.
    if given.len() > 80 {
        return None;
    }
    let plain = |name: &str| name.to_lowercase().replace(['-', '_', ' '], "");
    let given = plain(given);
    known
        .into_iter()
        .filter(|name| name.len() <= 80)
        .map(|name| (strsim::osa_distance(&given, &plain(name)), name))
        .filter(|(distance, name)| *distance <= (columns(name).max(given.len()) / 3).max(1))
        .filter(|(distance, name)| *distance < name.chars().count().max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| printable(name, 80))
}
