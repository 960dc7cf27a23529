//! How much room a store takes, and giving some of it back when it is too much.
//!
//! A back end keeps what was removed and replaced for a while. When its files take more than
//! [`MOST`] times what is alive, the writer compacts it. What is alive is known from a look at all
//! records; between two looks it is estimated from what is written, and a look comes at the
//! earliest when so much was written that it could tell something new. The last look is a record,
//! so that an opening reads nothing.

use std::{
    sync::atomic::{AtomicI64, AtomicU64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

use super::{
    body,
    format::Change,
    key_value::{Batch, KeyValue},
    keys, read_json, record,
    shared::{Shared, caught},
};
use crate::{Compacted, StoreResult};

/// A smaller store is left as it is, in bytes.
const SMALL: u64 = 16 * 1024 * 1024;
/// Halves of what is alive that the files may take: two and a half times.
const MOST_HALVES: u64 = 5;
/// The files are looked at after so many bytes were written.
const CHECK_AFTER: u64 = 1024 * 1024;

/// The store as it was found when all of it was last read, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Look {
    /// What all records take by themselves, keys and values.
    alive: u64,
    /// What the files took.
    disk: u64,
    /// When it was last compacted, in microseconds since 1970.
    pub(super) compacted_at: Option<u64>,
    /// What the files took after that, or after it has failed.
    compacted_to: u64,
}

/// What was written since the last look. The writer adds to it with each batch.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    written: AtomicU64,
    /// About how much more is alive.
    grown: AtomicI64,
}

impl Traffic {
    /// Takes a batch into account. What replaces a record is taken to be as large as it was.
    pub(super) fn note(&self, batch: &Batch) {
        let (mut written, mut grown) = (0, 0);
        for (key, value) in &batch.writes {
            match value {
                Some(value) => {
                    let bytes = key.len() + value.len();
                    written += bytes as u64;
                    let of_a_run = [keys::INPUT, keys::JOURNAL, keys::OUTPUT];
                    let is_new = key.first().is_some_and(|tag| of_a_run.contains(tag));
                    grown += if is_new { bytes as i64 } else { 0 };
                }
                None => grown -= record::CHUNK_BYTES as i64,
            }
        }
        self.written.fetch_add(written, Ordering::Relaxed);
        self.grown.fetch_add(grown, Ordering::Relaxed);
    }
}

/// The writer's own part.
#[derive(Debug)]
pub(super) struct Room {
    last: Look,
    /// What was written when the files were looked at.
    checked: u64,
}

impl Room {
    pub(super) fn open<K: KeyValue>(store: &K) -> Self {
        // Without it the next look is merely earlier.
        let last = caught(|| read(store)).unwrap_or_default();
        Self { last, checked: 0 }
    }

    /// Compacts the store if it takes too much room. Between batches.
    pub(super) fn tend<K: KeyValue>(&mut self, shared: &Shared<K>, store: &K) -> StoreResult<()> {
        let written = shared.traffic.written.load(Ordering::Relaxed);
        if written < self.checked + CHECK_AFTER {
            return Ok(());
        }
        self.checked = written;
        // What cannot be told now can be later; a commit does not fail for it.
        let Ok(disk) = caught(|| store.disk_bytes()) else {
            return Ok(());
        };
        let grown = shared.traffic.grown.load(Ordering::Relaxed);
        if !self.last.is_due_again(disk, written, grown) {
            return Ok(());
        }
        let Ok(alive) = caught(|| alive(store)) else {
            return Ok(());
        };
        let look = Look {
            alive,
            disk,
            ..self.last
        };
        if look.is_too_large() {
            // A refusal is in the log; the store goes on as it is.
            return self.compact(shared, store, alive).map(drop);
        }
        self.keep(shared, store, look)
    }

    /// Compacts the store. The outer error ends writing, the inner one leaves all as it was.
    pub(super) fn compact<K: KeyValue>(
        &mut self,
        shared: &Shared<K>,
        store: &K,
        alive: u64,
    ) -> StoreResult<StoreResult<Compacted>> {
        let before = match store.disk_bytes() {
            Ok(before) => before,
            Err(error) => return Ok(Err(error)),
        };
        tracing::info!(before, alive, "compacting the {} store", K::NAME);
        let done = store.compact().and_then(|()| store.disk_bytes());
        let mut look = Look {
            alive,
            disk: before,
            compacted_to: before,
            ..self.last
        };
        let compacted = match done {
            Ok(after) => {
                tracing::info!(before, after, alive, "compacted the {} store", K::NAME);
                (look.disk, look.compacted_to) = (after, after);
                look.compacted_at = Some(now());
                Ok(Compacted { before, after })
            }
            Err(error) => {
                let name = K::NAME;
                tracing::warn!(before, alive, %error, "cannot compact the {name} store");
                Err(error)
            }
        };
        self.keep(shared, store, look)?;
        Ok(compacted)
    }

    /// Remembers a look, here and in the store.
    fn keep<K: KeyValue>(&mut self, shared: &Shared<K>, store: &K, look: Look) -> StoreResult<()> {
        self.last = look;
        self.checked = 0;
        shared.traffic.written.store(0, Ordering::Relaxed);
        shared.traffic.grown.store(0, Ordering::Relaxed);
        let mut batch = Batch::default();
        let key = keys::look();
        let old = record::chunks(store, &key)?;
        batch.put(&key, &body::encode(&look, "a look at the store")?, old);
        shared.write(store, batch, Change::default())
    }
}

impl Look {
    /// Whether another look may find the store too large.
    fn is_due_again(&self, disk: u64, written: u64, grown: i64) -> bool {
        let alive = self.alive.saturating_add_signed(grown);
        let seems = Self {
            alive,
            disk,
            ..*self
        };
        let half_anew = disk >= self.disk + self.disk / 2 || written >= self.disk / 2;
        // A store to which things were only added is as alive as it seems.
        let replaced = written.saturating_add_signed(grown.saturating_neg());
        let is_sure = disk <= alive.saturating_mul(2) && replaced < disk / 4;
        disk > SMALL
            && ((half_anew && !is_sure) || (seems.is_too_large() && written >= self.disk / 8))
    }

    /// Whether compacting promises something: not again at once where the back end itself needs
    /// so much.
    fn is_too_large(&self) -> bool {
        self.disk > SMALL
            && self.disk > self.alive / 2 * MOST_HALVES
            && self.disk > self.compacted_to + self.compacted_to / 8
    }
}

/// The last look.
pub(super) fn read<K: KeyValue>(store: &K) -> StoreResult<Look> {
    Ok(read_json(store, &keys::look())?.unwrap_or_default())
}

/// What all records take by themselves.
pub(super) fn alive<K: KeyValue>(store: &K) -> StoreResult<u64> {
    let mut alive = 0;
    store.scan(&[], &mut |key, value| {
        alive += (key.len() + value.len()) as u64;
    })?;
    Ok(alive)
}

fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| u64::try_from(now.as_micros()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1024 * 1024;

    fn look(alive: u64, disk: u64) -> Look {
        Look {
            alive: alive * MIB,
            disk: disk * MIB,
            ..Look::default()
        }
    }

    #[test]
    fn a_store_is_too_large_at_two_and_a_half_times_what_is_alive() {
        assert!(!look(1, 16).is_too_large(), "small");
        assert!(look(1, 17).is_too_large());
        assert!(!look(40, 100).is_too_large());
        assert!(look(40, 101).is_too_large());
        let as_small_as_it_gets = Look {
            compacted_to: 100 * MIB,
            ..look(40, 110)
        };
        assert!(!as_small_as_it_gets.is_too_large());
        let grown_since = Look {
            disk: 113 * MIB,
            ..as_small_as_it_gets
        };
        assert!(grown_since.is_too_large());
    }

    #[test]
    fn a_look_comes_only_when_it_can_tell_something_new() {
        let last = look(40, 80);
        assert!(!last.is_due_again(90 * MIB, 20 * MIB, 0));
        // The files grew by half, or so much was written that they could have.
        assert!(last.is_due_again(180 * MIB, 20 * MIB, 40 * MIB as i64));
        assert!(last.is_due_again(120 * MIB, 70 * MIB, 40 * MIB as i64));
        assert!(
            !last.is_due_again(120 * MIB, 50 * MIB, 40 * MIB as i64),
            "only added"
        );
        // However much: each run replaces its head once.
        let runs = (900 * MIB, 700 * MIB, 630 * MIB as i64);
        assert!(!last.is_due_again(runs.0, runs.1, runs.2), "only added");
        assert!(last.is_due_again(80 * MIB, 40 * MIB, 0));
        // Much was removed.
        assert!(last.is_due_again(80 * MIB, 10 * MIB, -20 * MIB as i64));
        assert!(!last.is_due_again(80 * MIB, 9 * MIB, -20 * MIB as i64));
        assert!(!look(0, 0).is_due_again(16 * MIB, 16 * MIB, 0), "small");
    }

    #[test]
    fn what_is_written_is_told_apart() {
        let traffic = Traffic::default();
        let mut batch = Batch::default();
        batch.put(&[keys::JOURNAL, 1], &[0; 100], 0);
        let entry = batch.writes[0].1.as_ref().map_or(0, Vec::len) + 4;
        batch.put(&[keys::OUTPUT, 1], &[0; 100], 0);
        batch.put(&[keys::FIELD, 1], &[0; 100], 0);
        batch.remove(&[keys::CACHED, 1], 2);
        traffic.note(&batch);
        assert_eq!(traffic.written.load(Ordering::Relaxed), 3 * entry as u64);
        let grown = 2 * entry as i64 - 2 * record::CHUNK_BYTES as i64;
        assert_eq!(traffic.grown.load(Ordering::Relaxed), grown);
    }
}
