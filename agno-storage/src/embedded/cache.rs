//! The step cache: which results go, and how.

use super::{body, key_value::KeyValue, keys, record, unfinished::Steps};
use crate::{CacheEntry, CacheListing, CacheQuery, StoreResult, rules::beyond};

/// Those that a query names, and how many they are. What does not read goes with everything.
pub(super) fn clear<K: KeyValue>(store: &K, query: &CacheQuery) -> StoreResult<(Steps, u64)> {
    let everything = query.is_everything();
    let mut matching = Vec::new();
    record::scan(store, &[keys::CACHED], |key, record| {
        let entry = record.and_then(|record| body::decode(key, &record.body));
        let matches = match (entry, keys::hash_of(key)) {
            (Ok(entry), Some(hash)) => query.accepts(hash, &entry),
            _ => everything,
        };
        if matches {
            matching.push(key.to_vec());
        }
    })?;
    removal(store, matching)
}

/// Those that were stored first, until the rest takes no more than so many bytes.
pub(super) fn shrink<K: KeyValue>(store: &K, bytes: u64) -> StoreResult<(Steps, u64)> {
    let mut found = Vec::new();
    record::scan(store, &[keys::CACHED], |key, record| {
        let entry = record.and_then(|record| body::decode::<CacheEntry>(key, &record.body));
        if let Ok(entry) = entry {
            found.push((entry.stored_at, key.to_vec(), entry.output.len() as u64));
        }
    })?;
    removal(store, beyond(found, bytes))
}

fn removal<K: KeyValue>(store: &K, keys: Vec<Vec<u8>>) -> StoreResult<(Steps, u64)> {
    let count = keys.len() as u64;
    let chunks = keys.into_iter().map(|key| {
        let chunks = record::chunks(store, &key)?;
        Ok((key, chunks))
    });
    let records = chunks.collect::<StoreResult<Vec<_>>>()?;
    Ok((Steps::removing(records), count))
}

/// What it holds, without the results.
pub(super) fn list<K: KeyValue>(store: &K, query: &CacheQuery) -> StoreResult<Vec<CacheListing>> {
    let mut list = Vec::new();
    record::scan(store, &[keys::CACHED], |key, record| {
        let entry = record.and_then(|record| body::decode(key, &record.body));
        // One that does not read is a miss, and no part of what the cache holds.
        if let (Ok(entry), Some(hash)) = (entry, keys::hash_of(key))
            && query.accepts(hash, &entry)
        {
            list.push(CacheListing::new(hash, &entry));
        }
    })?;
    Ok(list)
}
