//! What a store holds, and how much room it takes.

use super::{
    artifacts::Artifacts,
    body, compaction, format,
    key_value::KeyValue,
    keys, record, sessions,
    shared::{Shared, Unsettled},
};
use crate::{CacheEntry, RunId, StoreResult, StoreStats};

/// Reads the store run by run, so that commits wait for one run at most. Records that do not read
/// are counted by what their keys tell.
pub(super) fn stats<K: KeyValue>(
    shared: &Shared<K>,
    artifacts: &Artifacts,
) -> StoreResult<Unsettled<StoreStats>> {
    let mut stats = StoreStats::default();
    let mut runs = Vec::new();
    // Of a read that is long over, only the last batch counts; the last part has it.
    shared.read(|store| heads(store, &mut stats, &mut runs))?;
    let mut alive = 0;
    for run in &runs {
        shared.read(|store| run_of(store, run, &mut stats, &mut alive))?;
    }
    shared.read(|store| {
        stats.sessions = sessions::list(store)?.len() as u64;
        Ok(())
    })?;
    shared.read(|store| cached(store, &mut stats))?;
    for artifact in artifacts.list("")? {
        stats.artifacts += 1;
        stats.artifact_bytes += artifact.bytes;
    }
    shared.read(|store| {
        for tag in 0..=u8::MAX {
            if of_no_run(tag) {
                store.scan(&[tag], &mut |key, value| {
                    let first = u64::from(key.ends_with(&[0, 0]));
                    alive += (key.len() + value.len()) as u64;
                    match tag {
                        keys::FIELD => stats.fields += first,
                        keys::VERSION => stats.definitions += first,
                        _ => {}
                    }
                })?;
            }
        }
        stats.live_bytes = Some(alive);
        stats.disk_bytes = Some(store.disk_bytes()?);
        stats.compacted_at = compaction::read(store)?.compacted_at;
        stats.format = format::check(store)?.map_or(0, |format| format.number());
        Ok(stats)
    })
}

fn of_no_run(tag: u8) -> bool {
    tag == keys::HEAD || !keys::OF_A_RUN.contains(&tag)
}

fn heads<K: KeyValue>(store: &K, stats: &mut StoreStats, runs: &mut Vec<RunId>) -> StoreResult<()> {
    record::scan(store, &[keys::HEAD], |key, record| {
        let head = record.and_then(|record| body::decode_head(key, &record.body));
        if let Ok((head, _)) = head {
            *stats.runs.entry(head.status).or_default() += 1;
        }
        runs.extend(keys::run_of(key));
    })
}

/// Counts what is recorded of a run beside its head.
fn run_of<K: KeyValue>(
    store: &K,
    run: &RunId,
    stats: &mut StoreStats,
    alive: &mut u64,
) -> StoreResult<()> {
    for tag in keys::OF_A_RUN.into_iter().filter(|tag| !of_no_run(*tag)) {
        store.scan(&keys::run(tag, run), &mut |key, value| {
            let first = u64::from(key.ends_with(&[0, 0]));
            *alive += (key.len() + value.len()) as u64;
            match tag {
                keys::JOURNAL => stats.entries += first,
                keys::REQUEST => stats.requests += first,
                _ => {}
            }
        })?;
    }
    Ok(())
}

fn cached<K: KeyValue>(store: &K, stats: &mut StoreStats) -> StoreResult<()> {
    record::scan(store, &[keys::CACHED], |key, record| {
        let entry = record.and_then(|record| body::decode::<CacheEntry>(key, &record.body));
        if let Ok(entry) = entry {
            stats.cached += 1;
            stats.cached_bytes += entry.output.len() as u64;
        }
    })
}
