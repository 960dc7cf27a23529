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
/// The format that this version writes, and the newest that it reads. With 2 came requests,
/// runs that are pending, and runs that are removed; with 3 pieces of other stores, whose remains an
/// opening has to remove; with 4 the last batch has another key; with 5 a redb store has two trees, and with 6 a
/// new SQLite store two tables. Everything else of 1 to 5 reads as it did.
const CURRENT: u32 = 6;

#[derive(Serialize, Deserialize)]
pub(super) struct Format {
    magic: String,
    format: u32,
    /// The oldest format a version must know to use this store.
    min_reader: u32,
    created_by: String,
    /// In microseconds since 1970.
    created_at: u64,
}

/// Checks the format of a store. `None`: there is no format record.
pub(super) fn check<K: KeyValue>(store: &K) -> StoreResult<Option<Format>> {
    let key = keys::format();
    let Some(record) = record::get(store, &key)? else {
        return Ok(None);
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
    Ok(Some(format))
}

impl Format {
    /// Its number.
    pub(super) fn number(&self) -> u32 {
        self.format
    }

    /// What makes an older store one of this format, so that an older version refuses it from
    /// here on and does not take what it cannot know for damage.
    pub(super) fn upgrade(mut self) -> StoreResult<Option<Batch>> {
        if self.format >= CURRENT {
            return Ok(None);
        }
        let moved = self.last_batch_of_3();
        self.format = CURRENT;
        self.min_reader = CURRENT;
        let mut batch = self.write(1)?;
        if let Some(key) = moved {
            // Each batch writes it, this one too: under its new key.
            batch.remove(&key, 1);
        }
        Ok(Some(batch))
    }

    /// The key of the last batch, if it is not the one of today.
    fn last_batch_of_3(&self) -> Option<Vec<u8>> {
        (self.format <= 3).then(keys::last_batch_of_3)
    }

    /// Writes the record in the place of one of `old` chunks.
    fn write(&self, old: u16) -> StoreResult<Batch> {
        let mut batch = Batch::default();
        batch.put(&keys::format(), &body::encode(self, "the format")?, old);
        Ok(batch)
    }
}

/// The store as its last batch left it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LastBatch {
    /// Its number, from 1.
    pub(super) number: u64,
    /// Journal entries that were ever written.
    pub(super) entries: u64,
    /// Those of them that were removed with their runs.
    pub(super) removed: u64,
    /// The open requests, as the exclusive or of a hash of each key: which ones they are, whatever
    /// their order.
    pub(super) asked: u64,
}

/// What a batch changes of that.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Change {
    /// Journal entries that it appends.
    pub(super) appended: u64,
    /// Journal entries that it removes.
    pub(super) removed: u64,
    /// The requests that it opens and closes.
    pub(super) asked: u64,
}

/// What a request's key adds to, and takes from, the sum of those that are open.
pub(super) fn asked(key: &[u8]) -> u64 {
    let hash = blake3::hash(key);
    hash.as_bytes()
        .first_chunk()
        .map_or(0, |first| u64::from_be_bytes(*first))
}

impl LastBatch {
    /// The batch after this one. The record becomes part of it.
    pub(super) fn next(self, batch: &mut Batch, change: Change) -> Self {
        let next = Self {
            number: self.number + 1,
            entries: self.entries + change.appended,
            removed: self.removed + change.removed,
            asked: self.asked ^ change.asked,
        };
        let body = [next.number, next.entries, next.removed, next.asked].map(u64::to_be_bytes);
        let body = body.concat();
        batch.put(&keys::last_batch(), &body, 1);
        next
    }

    pub(super) fn read<K: KeyValue>(store: &K) -> StoreResult<Self> {
        Self::read_at(store, &keys::last_batch())
    }

    /// The same of a store that may have an older format.
    pub(super) fn read_of<K: KeyValue>(store: &K, format: &Format) -> StoreResult<Self> {
        match format.last_batch_of_3() {
            Some(key) => Self::read_at(store, &key),
            None => Self::read(store),
        }
    }

    fn read_at<K: KeyValue>(store: &K, key: &[u8]) -> StoreResult<Self> {
        let Some(record) = record::get(store, key)? else {
            return Err(record::corrupt(key, "it is missing"));
        };
        match record.body.as_chunks() {
            // Format 1 removed nothing, and asked nothing.
            ([number, entries], []) => Ok(Self {
                number: u64::from_be_bytes(*number),
                entries: u64::from_be_bytes(*entries),
                ..Self::default()
            }),
            ([number, entries, removed, asked], []) => Ok(Self {
                number: u64::from_be_bytes(*number),
                entries: u64::from_be_bytes(*entries),
                removed: u64::from_be_bytes(*removed),
                asked: u64::from_be_bytes(*asked),
            }),
            _ => Err(record::corrupt(key, "it is not four numbers")),
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
    format.write(0)
}
