//! JSON found in a text: alone, in a fence, or in the middle of prose.

use serde_json::Value;

/// Most places of a text at which JSON is looked for in vain.
const MOST_TRIES: usize = 1_000;

/// Why no JSON was found.
#[derive(Debug)]
pub(super) enum NotFound {
    /// There is none; what the parser says of the most promising place.
    None(String),
    /// There are several, and nothing tells which is meant.
    Several(usize),
}

/// The one JSON value of a text that is JSON and nothing else.
pub(super) fn whole(text: &str) -> Result<Value, NotFound> {
    serde_json::from_str(text.trim()).map_err(|error| NotFound::None(error.to_string()))
}

/// The one JSON value of a text: the text itself, or what is in its only fence, or the only object
/// or list in its prose. `fits` tells which is meant where there are several.
pub(super) fn among_prose(text: &str, fits: impl Fn(&Value) -> bool) -> Result<Value, NotFound> {
    let refused = match whole(text) {
        Ok(value) => return Ok(value),
        Err(refused) => refused,
    };
    let fenced = fenced(text);
    if !fenced.is_empty() {
        return one_of(fenced, &fits);
    }
    let found = scattered(text);
    if !found.is_empty() {
        return one_of(found, &fits);
    }
    match text.find(['{', '[']) {
        Some(start) => whole(text.get(start..).unwrap_or_default()).and(Err(refused)),
        None => Err(NotFound::None("the text holds no JSON".to_owned())),
    }
}

fn one_of(mut found: Vec<Value>, fits: &impl Fn(&Value) -> bool) -> Result<Value, NotFound> {
    let several = found.len();
    if several > 1 {
        // A citation such as `[1]` is JSON as well.
        if found.iter().any(fits) {
            found.retain(fits);
        } else {
            found.retain(Value::is_object);
        }
        found.dedup();
    }
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        _ => Err(NotFound::Several(several)),
    }
}

/// The JSON in fences of three backquotes, whatever language they name.
fn fenced(text: &str) -> Vec<Value> {
    let mut found = Vec::new();
    for block in text.split("```").skip(1).step_by(2) {
        let inside = match block.split_once('\n') {
            Some((language, rest)) if !language.contains(['{', '[', '"']) => rest,
            _ => block.trim_start_matches(|c: char| c.is_ascii_alphanumeric()),
        };
        found.extend(whole(inside).ok());
    }
    found
}

/// Whether a value in the middle of prose is part of it: a citation such as `[1]` or `[2, 3]`, an
/// empty pair of brackets.
fn is_prose(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().all(Value::is_number),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// The objects and lists of a text, from left to right, none inside another.
fn scattered(text: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut rest = text;
    for _ in 0..MOST_TRIES {
        let Some(start) = rest.find(['{', '[']) else {
            break;
        };
        rest = rest.get(start..).unwrap_or_default();
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        let value = values.next().and_then(Result::ok);
        // Both brackets are one byte.
        let end = value.as_ref().map_or(1, |_| values.byte_offset());
        found.extend(value.filter(|value| !is_prose(value)));
        rest = rest.get(end..).unwrap_or_default();
    }
    found
}
