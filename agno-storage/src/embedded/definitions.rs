//! Definitions: a head that tells the newest version, and a record for each version.

use std::{collections::BTreeSet, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{
    body::{decode, encode},
    key_value::{Batch, KeyValue},
    keys, read_json, record,
};
use crate::{Definition, Json, StoreError, StoreResult, definition, rules::check_value};

/// Which version is the newest. The names are in the key too, but long ones are cut there.
#[derive(Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) kind: Arc<str>,
    pub(super) name: Arc<str>,
    pub(super) newest: u32,
}

/// A definition on its way to the writer, checked as far as it can be alone.
pub(super) struct NewDefinition {
    kind: Arc<str>,
    name: Arc<str>,
    body: Json,
    expected: Option<u32>,
}

impl NewDefinition {
    pub(super) fn new(
        kind: &str,
        name: &str,
        body: Json,
        expected: Option<u32>,
    ) -> StoreResult<Self> {
        definition::check(kind, name, &body)?;
        Ok(Self {
            kind: kind.into(),
            name: name.into(),
            body,
            expected,
        })
    }
}

/// What saving writes, and the version it comes to. The batch is empty if that one is there.
pub(super) fn save<K: KeyValue>(store: &K, new: NewDefinition) -> StoreResult<(Batch, u32)> {
    let NewDefinition {
        kind,
        name,
        body,
        expected,
    } = new;
    let newest = read(store, &kind, &name, None)?;
    let mut batch = Batch::default();
    if let Some(version) = definition::decide(newest.as_ref(), &kind, &name, &body, expected)? {
        return Ok((batch, version));
    }
    let newest = newest.map_or(0, |newest| newest.version);
    let saved = Definition::after(newest, &kind, &name, body);
    let json = encode(&saved, "a definition")?;
    check_value(json.len(), || format!("the {kind} definition `{name}`"))?;
    batch = write(store, &saved, &json)?;
    Ok((batch, saved.version))
}

/// Writes a version as the newest.
fn write<K: KeyValue>(store: &K, saved: &Definition, json: &[u8]) -> StoreResult<Batch> {
    let mut batch = Batch::default();
    let key = keys::definition_version(&saved.kind, &saved.name, saved.version);
    batch.put(&key, json, record::chunks(store, &key)?);
    let key = keys::definition(&saved.kind, &saved.name);
    let head = Head {
        kind: saved.kind.clone(),
        name: saved.name.clone(),
        newest: saved.version,
    };
    let old = record::chunks(store, &key)?;
    batch.put(&key, &encode(&head, "a definition")?, old);
    Ok(batch)
}

/// What taking over a version of another store writes; `None` if it is there.
pub(super) fn import<K: KeyValue>(
    store: &K,
    version: &Definition,
    json: &[u8],
) -> StoreResult<Option<Batch>> {
    let key = keys::definition(&version.kind, &version.name);
    let newest = read_json::<K, Head>(store, &key)?.map_or(0, |head| head.newest);
    let found = read(store, &version.kind, &version.name, Some(version.version))?;
    if definition::is_there(found.as_ref(), newest, version)? {
        return Ok(None);
    }
    write(store, version, json).map(Some)
}

/// The kinds that there are definitions of, in order.
pub(super) fn kinds<K: KeyValue>(store: &K) -> StoreResult<Vec<Arc<str>>> {
    let mut kinds = BTreeSet::new();
    record::scan(store, &[keys::DEFINITION], |key, record| {
        let head = record.and_then(|record| head(key, &record.body));
        kinds.extend(head.ok().map(|head| head.kind));
    })?;
    Ok(kinds.into_iter().collect())
}

/// A version, or the newest. One that the head tells of and that is not there is corrupt.
pub(super) fn read<K: KeyValue>(
    store: &K,
    kind: &str,
    name: &str,
    version: Option<u32>,
) -> StoreResult<Option<Definition>> {
    let key = keys::definition(kind, name);
    let Some(head) = read_json::<K, Head>(store, &key)? else {
        return Ok(None);
    };
    let version = version.unwrap_or(head.newest);
    if !(1..=head.newest).contains(&version) {
        return Ok(None);
    }
    version_of(store, &head, version).map(Some)
}

fn version_of<K: KeyValue>(store: &K, head: &Head, version: u32) -> StoreResult<Definition> {
    let key = keys::definition_version(&head.kind, &head.name, version);
    let found = read_json::<K, Definition>(store, &key)?;
    found.ok_or_else(|| record::corrupt(&key, format!("version {version} is missing")))
}

/// The newest version of each that reads, by name.
pub(super) fn list<K: KeyValue>(store: &K, kind: &str) -> StoreResult<Vec<Definition>> {
    let mut heads = Vec::new();
    record::scan(store, &keys::definitions(kind), |key, record| {
        heads.extend(record.and_then(|record| head(key, &record.body)).ok());
    })?;
    // In the store they stand by length first.
    heads.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    let newest = heads.iter();
    newest
        .map(|head| version_of(store, head, head.newest))
        .filter(|found| !matches!(found, Err(StoreError::Corrupt { .. })))
        .collect()
}

/// Reads a head, and checks that it is in its place.
pub(super) fn head(key: &[u8], json: &[u8]) -> StoreResult<Head> {
    let head: Head = decode(key, json)?;
    if key != keys::definition(&head.kind, &head.name) {
        return Err(record::corrupt(key, "it is another definition's"));
    }
    Ok(head)
}

/// Checks that a version is whole, and in its place.
pub(super) fn check_version(key: &[u8], json: &[u8]) -> StoreResult<()> {
    let saved: Definition = decode(key, json)?;
    if key != keys::definition_version(&saved.kind, &saved.name, saved.version) {
        return Err(record::corrupt(key, "it is another definition's"));
    }
    Ok(())
}
