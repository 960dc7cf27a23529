//! Under what a result is stored: a hash of all that it depends on.

use std::sync::Arc;

use agno_storage::{CacheKey, Json, MAX_NAME_BYTES, canonical};
use serde_json::{Map, Value, json};

use crate::{
    engine::same_input::sort_sets,
    flow::RunInfo,
    registry::{Cache, FlowEntry, Registered, Scope, StepEntry},
};

/// What the key of a call is made from, beside the run.
pub(crate) struct Cached<'a> {
    step: &'a str,
    version: u32,
    output_hash: String,
    schema: Value,
    input: &'a Json,
    /// Of an executable; `null` for everything else.
    settings: Value,
}

pub(crate) fn of_step<'a>(
    registered: &Registered,
    entry: &'a StepEntry,
    input: &'a Json,
) -> Cached<'a> {
    Cached {
        step: entry.step.name,
        version: entry.step.version,
        output_hash: entry.output_hash().to_owned(),
        schema: entry.input_schema(),
        input,
        settings: entry.settings(&*registered.workflow),
    }
}

pub(crate) fn of_flow<'a>(flow: &'a FlowEntry, input: &'a Json) -> Cached<'a> {
    Cached {
        step: flow.spec.name,
        version: 0,
        output_hash: flow.output_hash(),
        schema: flow.input_schema(),
        input,
        settings: Value::Null,
    }
}

/// Under what a result is stored, and how it is found beside that.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) hash: CacheKey,
    /// What the hash was made from. What is long is there as a hash of its own.
    pub(crate) parts: Value,
    pub(crate) tags: Vec<Arc<str>>,
}

/// The key of a call, or why it has none. A part that is missing means no caching, never a
/// shorter key.
pub(crate) fn key_of(
    registered: &Registered,
    info: &RunInfo,
    cache: &Cache,
    cached: Cached<'_>,
) -> Result<Key, String> {
    let whole = cached.input.to_value();
    let tags = tags(&whole, cache.tags.as_deref())?;
    let mut input = whole;
    sort_sets(&mut input, &cached.schema, &cached.schema, 0);
    let input = match &cache.key {
        None => input,
        Some(paths) => select(&input, paths)?,
    };
    let scope = match (cache.scope, &info.user) {
        (Scope::Run, _) => json!({"run": &*info.run}),
        (Scope::User, Some(user)) => json!({"user": &**user}),
        (Scope::Session | Scope::User, _) => json!({"session": &*info.session}),
        (Scope::Global, _) => json!("global"),
    };
    let mut parts = json!({
        "agno": 1,
        "workflow": &*registered.name,
        "workflow_version": registered.version,
        "step": cached.step,
        "step_version": cached.version,
        "output": cached.output_hash,
        "scope": scope,
        "input": input,
    });
    if !cached.settings.is_null() {
        parts["settings"] = cached.settings;
    }
    let encoded = Json::encode(&parts).map_err(|error| error.to_string())?;
    let hash = CacheKey(*blake3::hash(canonical(&encoded).as_bytes()).as_bytes());
    if let Some(parts) = parts.as_object_mut() {
        // The first part is the format's own.
        parts.remove("agno");
        for name in ["input", "settings"] {
            if let Some(part) = parts.get_mut(name) {
                shorten(part);
            }
        }
    }
    Ok(Key { hash, parts, tags })
}

fn at<'a>(input: &'a Value, path: &str) -> Option<&'a Value> {
    let mut names = path.split('.');
    names.try_fold(input, |value, name| value.get(name.trim()))
}

/// The parts of the input that a key names: `topic.title, page`.
fn select(input: &Value, paths: &str) -> Result<Value, String> {
    let mut selected = Map::new();
    for path in paths.split(',').map(str::trim) {
        let value = at(input, path);
        let value =
            value.ok_or_else(|| format!("the input has no `{path}`, which the cache key names"))?;
        selected.insert(path.to_owned(), value.clone());
    }
    Ok(Value::Object(selected))
}

/// The tags of a result: `site, {source.host}`.
fn tags(input: &Value, text: Option<&str>) -> Result<Vec<Arc<str>>, String> {
    let mut tags = Vec::new();
    for written in text.into_iter().flat_map(|text| text.split(',')) {
        let Some(tag) = tag(input, written.trim())? else {
            continue;
        };
        if tag.is_empty() || tag.len() > MAX_NAME_BYTES {
            let bytes = tag.len();
            return Err(format!(
                "the tag `{written}` has {bytes} bytes: 1 to {MAX_NAME_BYTES} are kept"
            ));
        }
        let tag = Arc::from(tag);
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    Ok(tags)
}

/// A tag with its parts filled in; none when one of them is null.
fn tag(input: &Value, written: &str) -> Result<Option<String>, String> {
    let mut tag = String::new();
    let mut rest = written;
    while let Some((before, after)) = rest.split_once('{') {
        let (path, after) = after
            .split_once('}')
            .ok_or_else(|| format!("the tag `{written}` has a `{{` and no `}}` after it"))?;
        tag.push_str(before);
        match at(input, path) {
            Some(Value::Null) => return Ok(None),
            Some(Value::String(text)) => tag.push_str(text),
            Some(value @ (Value::Number(_) | Value::Bool(_))) => tag.push_str(&value.to_string()),
            Some(_) => {
                return Err(format!(
                    "`{path}` of the tag `{written}` is a list or an object: name a part of it"
                ));
            }
            None => {
                return Err(format!(
                    "the input has no `{path}`, which the tag `{written}` names"
                ));
            }
        }
        rest = after;
    }
    tag.push_str(rest);
    Ok(Some(tag))
}

/// What is kept of a part, to be compared: as it is when it is short, otherwise its fields, and
/// what is long of these as a hash.
fn shorten(part: &mut Value) {
    const WHOLE: usize = 4096;
    const FIELD: usize = 256;
    if part.to_string().len() <= WHOLE {
        return;
    }
    if let Value::Object(fields) = part {
        for field in fields.values_mut() {
            let text = field.to_string();
            if text.len() > FIELD {
                *field = hashed(&text);
            }
        }
    }
    let text = part.to_string();
    if text.len() > WHOLE {
        *part = hashed(&text);
    }
}

fn hashed(text: &str) -> Value {
    json!({"blake3": blake3::hash(text.as_bytes()).to_hex().as_str(), "bytes": text.len()})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_parts_of_the_input() {
        let input = json!({"topic": {"title": "x", "words": 3}, "page": 2});
        let selected = select(&input, "topic.title, page").expect("both are there");
        assert_eq!(selected, json!({"topic.title": "x", "page": 2}));
        assert!(select(&input, "topic.author").is_err());
    }

    #[test]
    fn a_tag_holds_parts_of_the_input() {
        let input = json!({"topic": {"title": "x"}, "page": 2, "of": null, "list": [1]});
        let told = |text| tags(&input, Some(text)).map(|tags| tags.join(" "));
        assert_eq!(
            told("site, page {page} of {topic.title}").as_deref(),
            Ok("site page 2 of x")
        );
        assert_eq!(told("a, a, {of}").as_deref(), Ok("a"));
        for (wrong, why) in [
            ("{author}", "has no `author`"),
            ("{list}", "is a list"),
            ("{page", "no `}`"),
            ("a, ", "0 bytes"),
        ] {
            let told = told(wrong).expect_err("it cannot be told");
            assert!(told.contains(why), "{told}");
        }
    }

    #[test]
    fn what_is_long_is_kept_as_its_hash() {
        let mut part = json!({"text": "x".repeat(5000), "page": 2});
        shorten(&mut part);
        assert_eq!(part["page"], 2);
        assert_eq!(part["text"]["bytes"], 5002);
        let mut part = Value::Array(vec![json!(1); 3000]);
        shorten(&mut part);
        assert_eq!(part["bytes"], 6001);
    }
}
