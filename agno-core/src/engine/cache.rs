//! The step cache: keys, and one computation at a time for each.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, Weak},
};

use agno_storage::{CacheKey, Json, canonical};
use serde_json::{Value, json};

use super::{
    cell::{RunCell, locked},
    same_input::sort_sets,
};
use crate::registry::{Cache, Scope};

/// What the key of a call is made from.
pub(super) struct Cached<'a> {
    pub(super) step: &'a str,
    pub(super) version: u32,
    pub(super) output_hash: &'a str,
    pub(super) schema: Value,
    pub(super) input: &'a Json,
    /// Of an executable; `null` for everything else.
    pub(super) settings: Value,
}

impl RunCell {
    /// The key of a call, or why it has none. A part that is missing means no caching, never a
    /// shorter key.
    pub(super) fn cache_key(&self, cache: &Cache, cached: &Cached<'_>) -> Result<CacheKey, String> {
        let mut input = cached.input.to_value();
        sort_sets(&mut input, &cached.schema, &cached.schema, 0);
        let input = match &cache.key {
            None => input,
            Some(paths) => select(&input, paths)?,
        };
        let scope = match (cache.scope, &self.info.user) {
            (Scope::Run, _) => json!({"run": &*self.info.run}),
            (Scope::User, Some(user)) => json!({"user": &**user}),
            (Scope::Session | Scope::User, _) => json!({"session": &*self.info.session}),
            (Scope::Global, _) => json!("global"),
        };
        let mut parts = json!({
            "agno": 1,
            "workflow": &*self.registered.name,
            "workflow_version": self.registered.version,
            "step": cached.step,
            "step_version": cached.version,
            "output": cached.output_hash,
            "scope": scope,
            "input": input,
        });
        if !cached.settings.is_null() {
            parts["settings"] = cached.settings.clone();
        }
        let parts = Json::encode(&parts).map_err(|error| error.to_string())?;
        Ok(CacheKey(
            *blake3::hash(canonical(&parts).as_bytes()).as_bytes(),
        ))
    }
}

/// The parts of the input that a key names: `topic.title, page`.
fn select(input: &Value, paths: &str) -> Result<Value, String> {
    let mut selected = serde_json::Map::new();
    for path in paths.split(',').map(str::trim) {
        let mut value = input;
        for name in path.split('.') {
            value = value
                .get(name)
                .ok_or_else(|| format!("the input has no `{path}`, which the cache key names"))?;
        }
        selected.insert(path.to_owned(), value.clone());
    }
    Ok(Value::Object(selected))
}

/// One computation at a time for each key: the others wait, and then find the stored result. A
/// leader that fails or is cancelled lets the next one lead.
#[derive(Debug, Default)]
pub(crate) struct Flights(Mutex<HashMap<CacheKey, Weak<tokio::sync::Mutex<()>>>>);

impl Flights {
    pub(super) async fn lead(&self, key: CacheKey) -> tokio::sync::OwnedMutexGuard<()> {
        let flight = {
            let mut flights = locked(&self.0);
            if flights.len() > 1024 {
                flights.retain(|_, flight| flight.strong_count() > 0);
            }
            match flights.get(&key).and_then(Weak::upgrade) {
                Some(flight) => flight,
                None => {
                    let flight = Arc::default();
                    flights.insert(key, Arc::downgrade(&flight));
                    flight
                }
            }
        };
        flight.lock_owned().await
    }
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
}
