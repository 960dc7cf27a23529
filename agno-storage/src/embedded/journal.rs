//! Reading a run: its head and its journal, whole or not at all.

use super::{
    body,
    key_value::KeyValue,
    keys,
    record::{self, corrupt},
};
use crate::{RunId, RunRecord, StoreResult};

/// A head as it is stored.
pub(super) struct StoredHead {
    pub(super) head: RunRecord,
    pub(super) chunks: u16,
    /// Entries that the journal had when the head was written.
    pub(super) entries: u64,
}

pub(super) fn read_head<K: KeyValue>(store: &K, id: &RunId) -> StoreResult<Option<StoredHead>> {
    let key = keys::run(keys::HEAD, id);
    let Some(record) = record::get(store, &key)? else {
        return Ok(None);
    };
    let (head, entries) = body::decode_head(&key, &record.body)?;
    Ok(Some(StoredHead {
        head,
        chunks: record.chunks,
        entries,
    }))
}

/// Reads every entry with `parse`, which answers its sequence number too; in order of commit.
///
/// An entry that does not read, a gap, or fewer entries than the head counted (`at_least`) is an
/// error: a flow that went on from such a journal would run acknowledged steps again.
pub(super) fn read<K: KeyValue, T>(
    store: &K,
    id: &RunId,
    at_least: u64,
    parse: impl Fn(&[u8], &[u8]) -> StoreResult<(u64, T)>,
) -> StoreResult<Vec<T>> {
    let prefix = keys::run(keys::JOURNAL, id);
    let mut entries = Vec::new();
    let mut failed = None;
    record::scan(store, &prefix, |key, record| {
        match record.and_then(|record| parse(key, &record.body)) {
            Ok(entry) => entries.push(entry),
            Err(error) => failed = failed.take().or(Some(error)),
        }
    })?;
    if let Some(error) = failed {
        return Err(error);
    }
    entries.sort_unstable_by_key(|(seq, _)| *seq);
    for ((seq, _), expected) in entries.iter().zip(1..) {
        if *seq != expected {
            let reason = format!("entry {expected} of the journal is missing, {seq} is there");
            return Err(corrupt(&prefix, reason));
        }
    }
    let found = entries.len() as u64;
    if found < at_least {
        let reason = format!("the journal has {found} entries, it had {at_least}");
        return Err(corrupt(&prefix, reason));
    }
    Ok(entries.into_iter().map(|(_, entry)| entry).collect())
}
