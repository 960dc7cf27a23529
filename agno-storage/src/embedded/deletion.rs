//! Removing a run.
//!
//! The back end was seen to tear a batch of many removals when its process was killed. So a small
//! batch comes first, which takes the head and leaves a mark: from then on the run is gone. The
//! records go next, and the mark last; an opening finishes what it finds marked.

use super::{
    format::{Change, asked},
    journal,
    key_value::{Batch, KeyValue},
    keys, record,
};
use crate::{RunId, StoreResult};

/// The batches that remove a run, each durable before the next; empty if nothing of it is there.
#[derive(Default)]
pub(super) struct Deletion {
    pub(super) begin: Batch,
    /// What it takes from the store's own counts.
    pub(super) change: Change,
    /// The records, then the mark.
    pub(super) rest: [Batch; 2],
}

/// Every chunk of a run, so that damaged records go too, and those that have lost their head.
pub(super) fn delete<K: KeyValue>(store: &K, id: &RunId) -> StoreResult<Deletion> {
    let head = journal::read_head(store, id)?;
    if let Some(stored) = &head {
        stored.head.check_removable()?;
    }
    let (rest, found) = rest(store, id)?;
    if rest[0].writes.is_empty() {
        return Ok(Deletion::default());
    }
    let mut begin = Batch::default();
    begin.put(&keys::run(keys::REMOVED, id), &[], 0);
    if let Some(stored) = &head {
        begin.remove(&keys::run(keys::HEAD, id), stored.chunks);
    }
    // Entries that were lost are gone as well: the store is to miss them no longer.
    let entries = head.map_or(0, |stored| stored.entries);
    let change = Change {
        removed: found.removed.max(entries),
        ..found
    };
    Ok(Deletion {
        begin,
        change,
        rest,
    })
}

/// What is left to do once the head is gone, and what it takes from the store's own counts.
pub(super) fn rest<K: KeyValue>(store: &K, id: &RunId) -> StoreResult<([Batch; 2], Change)> {
    let (mut records, mut mark) = (Batch::default(), Batch::default());
    let mut change = Change::default();
    for tag in keys::OF_A_RUN {
        store.scan(&keys::run(tag, id), &mut |chunk, _| {
            let first = chunk.ends_with(&[0, 0]);
            change.removed += u64::from(tag == keys::JOURNAL && first);
            if let (keys::REQUEST, Some(key)) = (tag, chunk.strip_suffix(&[0, 0])) {
                change.asked ^= asked(key);
            }
            records.writes.push((chunk.to_vec(), None));
        })?;
    }
    mark.remove(&keys::run(keys::REMOVED, id), 1);
    Ok(([records, mark], change))
}

/// The runs whose removal was begun and not finished.
pub(super) fn unfinished<K: KeyValue>(store: &K) -> StoreResult<Vec<RunId>> {
    let mut runs = Vec::new();
    record::scan(store, &[keys::REMOVED], |key, _| {
        runs.extend(keys::run_of(key));
    })?;
    Ok(runs)
}
