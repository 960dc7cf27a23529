//! Pieces of other stores, and what this one holds.

use std::collections::hash_map;

use super::{Store, run::Run};
use crate::{
    Imported, Portable, StoreError, StoreResult, StoreStats, artifact, definition, rules::beyond,
    sessions::Sessions,
};

impl Store {
    /// Takes a piece over as it is. It was checked by itself.
    pub(super) fn import(&mut self, piece: Portable) -> StoreResult<Imported> {
        let occupied = |what: String| Err(StoreError::Occupied { what });
        match piece {
            Portable::Run(run) => match self.runs.entry(run.head.id.clone()) {
                hash_map::Entry::Vacant(slot) => {
                    slot.insert(Run::import(*run));
                }
                hash_map::Entry::Occupied(found) if found.get().portable().is_same(&run) => {
                    return Ok(Imported::Present);
                }
                hash_map::Entry::Occupied(_) => {
                    return Err(StoreError::RunExists { run: run.head.id });
                }
            },
            Portable::Session(key, fields) => match self.sessions.get(&key) {
                Some(found) if *found == fields => return Ok(Imported::Present),
                Some(found) if !found.is_empty() => {
                    return occupied(format!(
                        "the state of session `{}` of {}",
                        key.session, key.workflow
                    ));
                }
                _ if fields.is_empty() => return Ok(Imported::Present),
                _ => drop(self.sessions.insert(key, fields)),
            },
            Portable::Cached(key, entry) => match self.cache.get(&key) {
                Some(found) if *found == *entry => return Ok(Imported::Present),
                Some(_) => return occupied(format!("cached result {}", key.to_hex())),
                None => drop(self.cache.insert(key, *entry)),
            },
            Portable::Definition(version) => {
                let key = (version.kind.clone(), version.name.clone());
                let found = self.definition(&key.0, &key.1, Some(version.version));
                let saved = self.definitions.get(&key);
                let newest = saved.and_then(|saved| saved.last());
                let newest = newest.map_or(0, |newest| newest.version);
                if definition::is_there(found.as_ref(), newest, &version)? {
                    return Ok(Imported::Present);
                }
                self.definitions.entry(key).or_default().push(version);
            }
            Portable::Artifact(hash, bytes) => {
                match self.artifacts.entry(artifact::parse(&hash)?) {
                    hash_map::Entry::Vacant(slot) => drop(slot.insert(bytes)),
                    hash_map::Entry::Occupied(_) => return Ok(Imported::Present),
                }
            }
        }
        Ok(Imported::Added)
    }

    /// Removes the cached results that were stored first, until the rest takes no more.
    pub(super) fn shrink_cache(&mut self, bytes: u64) -> u64 {
        let cached = self.cache.iter();
        let cached = cached.map(|(key, entry)| (entry.stored_at, *key, entry.output.len() as u64));
        let removed = beyond(cached.collect(), bytes);
        for key in &removed {
            self.cache.remove(key);
        }
        removed.len() as u64
    }

    pub(super) fn stats(&self) -> StoreStats {
        let mut stats = StoreStats::default();
        let mut sessions = Sessions::default();
        for run in self.runs.values() {
            *stats.runs.entry(run.head.status).or_default() += 1;
            stats.entries += run.entries.len() as u64;
            stats.requests += run.requests.len() as u64;
            sessions.add_run(&run.head);
        }
        for (key, fields) in &self.sessions {
            stats.fields += fields.len() as u64;
            sessions.add_fields(key, fields.len() as u64);
        }
        stats.sessions = sessions.into_list().len() as u64;
        stats.cached = self.cache.len() as u64;
        let cached = self.cache.values().map(|entry| entry.output.len() as u64);
        stats.cached_bytes = cached.sum();
        let versions = self.definitions.values().map(|saved| saved.len() as u64);
        stats.definitions = versions.sum();
        stats.artifacts = self.artifacts.len() as u64;
        let artifacts = self.artifacts.values().map(|bytes| bytes.len() as u64);
        stats.artifact_bytes = artifacts.sum();
        stats
    }
}
