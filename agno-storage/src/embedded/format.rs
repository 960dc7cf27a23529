//! The records about the store itself: what wrote it, who may read it, and its last batch.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::{
    body,
    key_value::{Batch, KeyValue},
    keys, record,
};
use crate::{StoreError, StoreResult};

const MAGIC: &str = "agno";
/// The format that this version writes, and the newest that it reads.
const CURRENT: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Format {
    magic: String,
    format: u32,
    /// The oldest format a version must know to use this store.
    min_reader: u32,
    created_by: String,
    /// In microseconds since 1970.
    created_at: u64,
}

/// Checks the format of a store. `false`: there is no format record.
pub(super) fn check<K: KeyValue>(store: &K) -> StoreResult<bool> {
    let key = keys::format();
    let Some(record) = record::get(store, &key)? else {
        return Ok(false);
    };
    let format: Format = body::decode(&key, &record.body)?;
    if format.magic != MAGIC {
        return Err(record::corrupt(&key, "it is not one of agno's"));
    }
    if format.min_reader > CURRENT {
        return Err(StoreError::NewerFormat {
            found: format.format,
            supported: CURRENT,
        });
    }
    Ok(true)
}

/// The store as its last batch left it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LastBatch {
    /// Its number, from 1.
    pub(super) number: u64,
    /// Journal entries of all runs.
    pub(super) entries: u64,
}

impl LastBatch {
    /// The batch after this one, which appends so many entries. The record becomes part of it.
    pub(super) fn next(self, batch: &mut Batch, entries: u64) -> Self {
        let next = Self {
            number: self.number + 1,
            entries: self.entries + entries,
        };
        let body = [next.number.to_be_bytes(), next.entries.to_be_bytes()].concat();
        batch.put(&keys::last_batch(), &body, 1);
        next
    }

    pub(super) fn read<K: KeyValue>(store: &K) -> StoreResult<Self> {
        let key = keys::last_batch();
        let Some(record) = record::get(store, &key)? else {
            return Err(record::corrupt(&key, "it is missing"));
        };
        match record.body.as_chunks() {
            ([number, entries], []) => Ok(Self {
                number: u64::from_be_bytes(*number),
                entries: u64::from_be_bytes(*entries),
            }),
            _ => Err(record::corrupt(&key, "it is not two numbers")),
        }
    }
}

/// The batch that makes a store.
pub(super) fn create() -> StoreResult<Batch> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let format = Format {
        magic: MAGIC.to_owned(),
        format: CURRENT,
        min_reader: CURRENT,
        created_by: concat!("agno-storage ", env!("CARGO_PKG_VERSION")).to_owned(),
        created_at: now.map_or(0, |now| u64::try_from(now.as_micros()).unwrap_or(u64::MAX)),
    };
    let mut batch = Batch::default();
    batch.put(&keys::format(), &body::encode(&format, "the format")?, 0);
    Ok(batch)
}
