//! Writing and removing what is too large for one batch, whole or not at all.
//!
//! The back end was seen to tear large batches when its process was killed. So a mark comes first,
//! which names the records; then they go in or out in small batches; and the last one, small as
//! well, takes the mark away. An opening removes what it finds marked. (A run that is removed has
//! a mark of its own: see `deletion`.)

use std::mem;

use super::{
    format::Change,
    key_value::{Batch, KeyValue},
    keys, record,
    shared::Shared,
};
use crate::StoreResult;

/// Most writes in a small batch: with chunks of 4 KiB, 256 KiB.
const SMALL: usize = 64;

/// The batches that write or remove a piece, each durable before the next.
#[derive(Default)]
pub(super) struct Steps {
    batches: Vec<Batch>,
    /// What the last of them changes in the store's own counts.
    change: Change,
}

impl Steps {
    /// Writes `records`, whose keys begin with `piece`, and with `last` that by which they are found.
    pub(super) fn adding(
        piece: &[u8],
        mut records: Batch,
        mut last: Batch,
        change: Change,
    ) -> Self {
        if records.writes.len() + last.writes.len() <= SMALL {
            records.writes.append(&mut last.writes);
            return Self {
                batches: vec![records],
                change,
            };
        }
        let mark = keys::unfinished(piece);
        last.remove(&mark, 1);
        let mut batches = vec![marked(&mark)];
        batches.extend(in_small(records));
        batches.push(last);
        Self { batches, change }
    }

    /// Writes a batch as it is.
    pub(super) fn at_once(batch: Batch) -> Self {
        Self {
            batches: vec![batch],
            change: Change::default(),
        }
    }

    /// Removes records, each by itself. `keys` with their numbers of chunks.
    pub(super) fn removing(keys: impl IntoIterator<Item = (Vec<u8>, u16)>) -> Self {
        let mut batches = Vec::new();
        let mut small = Batch::default();
        for (key, chunks) in keys {
            if small.writes.len() + usize::from(chunks) > SMALL {
                batches.push(mem::take(&mut small));
            }
            if usize::from(chunks) <= SMALL {
                small.remove(&key, chunks);
                continue;
            }
            let mut all = Batch::default();
            all.remove(&key, chunks);
            let rest = all.writes.split_off(1);
            // Without its first chunk it is not there any more.
            let mark = keys::unfinished(&key);
            all.writes.extend(marked(&mark).writes);
            batches.push(all);
            batches.extend(in_small(Batch { writes: rest }));
            small.remove(&mark, 1);
        }
        batches.push(small);
        Self {
            batches,
            change: Change::default(),
        }
    }

    /// Writes them. What fails here leaves a store that takes no more writes.
    pub(super) fn write<K: KeyValue>(self, shared: &Shared<K>, store: &K) -> StoreResult<()> {
        let last = self.batches.len().saturating_sub(1);
        for (index, batch) in self.batches.into_iter().enumerate() {
            let change = match index == last {
                true => self.change,
                false => Change::default(),
            };
            shared.write(store, batch, change)?;
        }
        Ok(())
    }
}

/// The batches that remove what a process left unfinished, in order.
pub(super) fn leftovers<K: KeyValue>(store: &K) -> StoreResult<Vec<Batch>> {
    let mut marks = Vec::new();
    record::scan(store, &[keys::UNFINISHED], |key, _| {
        marks.push(key.to_vec())
    })?;
    let mut batches = Vec::new();
    for mark in marks {
        let mut rest = Batch::default();
        for prefix in keys::marked(&mark) {
            store.scan(&prefix, &mut |chunk, _| {
                rest.writes.push((chunk.to_vec(), None));
            })?;
        }
        batches.extend(in_small(rest));
        let mut last = Batch::default();
        last.remove(&mark, 1);
        batches.push(last);
    }
    Ok(batches)
}

fn marked(mark: &[u8]) -> Batch {
    let mut batch = Batch::default();
    batch.put(mark, &[], 0);
    batch
}

fn in_small(batch: Batch) -> impl Iterator<Item = Batch> {
    let mut writes = batch.writes.into_iter().peekable();
    std::iter::from_fn(move || {
        writes.peek()?;
        let writes = writes.by_ref().take(SMALL).collect();
        Some(Batch { writes })
    })
}
