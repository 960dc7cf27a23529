//! Reading everything, and telling what does not hold.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    artifacts::Artifacts,
    body::{self, Numbers},
    compaction, definitions,
    format::{self, LastBatch},
    journal,
    key_value::KeyValue,
    keys,
    record::{self, Record},
    requests,
    shared::{Shared, Unsettled},
};
use crate::{CacheEntry, Entry, Json, RunId, RunInput, StoreError, StoreResult, VerifyReport};

/// Reads the store run by run, so that commits wait for one run at most.
pub(super) fn verify<K: KeyValue>(
    shared: &Shared<K>,
    artifacts: &Artifacts,
) -> StoreResult<Unsettled<VerifyReport>> {
    let mut audit = Audit::default();
    audit.part(shared, Audit::format)?;
    audit.part(shared, Audit::heads)?;
    for id in audit.runs.clone() {
        audit.part(shared, |audit, store| audit.run(store, &id))?;
    }
    audit.part(shared, Audit::strays)?;
    audit.part(shared, Audit::fields)?;
    audit.part(shared, Audit::cached)?;
    audit.part(shared, Audit::definitions)?;
    // Without the store: commits need not wait for large files.
    if let Err(error) = artifacts.verify(&mut audit.report) {
        audit.problem(error.to_string());
    }
    audit.part(shared, Audit::count)?;
    Ok(shared.read(|_| Ok(()))?.map(|()| audit.report))
}

#[derive(Default)]
struct Audit {
    report: VerifyReport,
    runs: BTreeSet<RunId>,
    /// Journal entries that were written before this began; more may come while it is read, and
    /// some may go.
    written: u64,
    /// Number of the last batch as this began.
    number: u64,
    /// The open requests that were found, summed as the store does.
    asked: u64,
}

impl Audit {
    /// Does a part of the reading. What makes it impossible is a problem, not an end.
    fn part<K: KeyValue>(
        &mut self,
        shared: &Shared<K>,
        read: impl FnOnce(&mut Self, &K) -> StoreResult<()>,
    ) -> StoreResult<()> {
        match shared.read(|store| read(self, store)) {
            Ok(_) => {}
            Err(error @ (StoreError::Closed | StoreError::Poisoned { .. })) => return Err(error),
            Err(error) => self.problem(error.to_string()),
        }
        Ok(())
    }

    fn problem(&mut self, problem: impl Into<String>) {
        self.report.problems.push(problem.into());
    }

    /// Scans the records under a tag; one that does not read is a problem.
    fn scan<K: KeyValue>(
        &mut self,
        store: &K,
        prefix: &[u8],
        mut visit: impl FnMut(&mut Self, &[u8], Record) -> StoreResult<()>,
    ) -> StoreResult<()> {
        record::scan(store, prefix, |key, record| {
            let visited = record.and_then(|record| visit(self, key, record));
            if let Err(error) = visited {
                self.problem(error.to_string());
            }
        })
    }

    fn format<K: KeyValue>(&mut self, store: &K) -> StoreResult<()> {
        if format::check(store)?.is_none() {
            self.problem("record `format` is missing");
        }
        compaction::read(store)?;
        let last = LastBatch::read(store)?;
        (self.number, self.written) = (last.number, last.entries);
        Ok(())
    }

    fn heads<K: KeyValue>(&mut self, store: &K) -> StoreResult<()> {
        self.scan(store, &[keys::HEAD], |audit, key, record| {
            let (head, _) = body::decode_head(key, &record.body)?;
            if key != keys::run(keys::HEAD, &head.id) {
                return Err(record::corrupt(key, "it is the head of another run"));
            }
            audit.report.runs += 1;
            audit.runs.insert(head.id);
            Ok(())
        })
    }

    fn run<K: KeyValue>(&mut self, store: &K, id: &RunId) -> StoreResult<()> {
        let Some(head) = journal::read_head(store, id)? else {
            return Ok(());
        };
        let key = keys::run(keys::INPUT, id);
        match record::get(store, &key) {
            Ok(Some(record)) => {
                if let Err(error) = body::decode::<RunInput>(&key, &record.body) {
                    self.problem(error.to_string());
                }
            }
            Ok(None) => self.problem(format!("run `{id}` has no input")),
            Err(error) => self.problem(error.to_string()),
        }
        let key = keys::run(keys::OUTPUT, id);
        let output = record::get(store, &key).and_then(|record| {
            let output = record.map(|record| body::decode::<Json>(&key, &record.body));
            output.transpose()
        });
        if let Err(error) = output {
            self.problem(error.to_string());
        }
        let mut journal = Vec::new();
        let mut paths = BTreeSet::new();
        self.scan(
            store,
            &keys::run(keys::JOURNAL, id),
            |audit, key, record| {
                let entry: Entry = body::decode_entry(key, &record.body)?;
                if key != keys::entry(id, &entry.path) {
                    return Err(record::corrupt(key, "it is the entry of another path"));
                }
                audit.report.entries += 1;
                journal.push((Numbers::of(key, &record.body)?.0, entry.events.len()));
                paths.insert(entry.path);
                Ok(())
            },
        )?;
        journal.sort_unstable_by_key(|(numbers, _)| numbers.seq);
        self.numbers(id, head.entries, &journal);
        let over = head.head.status.is_over();
        self.scan(
            store,
            &keys::run(keys::REQUEST, id),
            |audit, key, record| {
                let request = requests::read(key, &record.body)?;
                audit.report.requests += 1;
                audit.asked ^= format::asked(key);
                let moved = format!("{}~", request.path);
                let asks = |path: &Arc<str>| *path == request.path || path.starts_with(&moved);
                if !paths.iter().any(asks) {
                    let reason = format!("the journal has no entry `{}` for it", request.path);
                    return Err(record::corrupt(key, reason));
                }
                if over {
                    return Err(record::corrupt(key, format!("run `{id}` is over")));
                }
                Ok(())
            },
        )
    }

    /// Sequence numbers run from 1 and events from 0, both without gaps.
    fn numbers(&mut self, id: &RunId, at_least: u64, journal: &[(Numbers, usize)]) {
        let (mut seq, mut event) = (1, 0);
        for (numbers, events) in journal {
            if numbers.seq != seq {
                self.problem(format!(
                    "journal of run `{id}`: entry {seq} is missing before entry {}",
                    numbers.seq
                ));
            } else if numbers.first_event != event || numbers.events as usize != *events {
                self.problem(format!(
                    "journal of run `{id}`: events of entry {seq} are not numbered from {event}"
                ));
            }
            seq = numbers.seq + 1;
            event = numbers.first_event + u64::from(numbers.events);
        }
        if seq <= at_least {
            self.problem(format!(
                "journal of run `{id}` ends with entry {}, it had {at_least}",
                seq - 1
            ));
        }
    }

    /// The end of a run's journal may be gone as if it had never been there; the store's own
    /// count is from a later batch and tells.
    fn count<K: KeyValue>(&mut self, store: &K) -> StoreResult<()> {
        let found = self.report.entries;
        let last = LastBatch::read(store)?;
        let expected = self.written.saturating_sub(last.removed);
        // Commits go on meanwhile: only what was still so at the end can be told.
        if self.report.problems.is_empty() && last.number == self.number && last.asked != self.asked
        {
            self.problem("the open requests are not those that the last batch left".to_owned());
        }
        if self.report.problems.is_empty() && found < expected {
            self.problem(format!(
                "the journals have {found} entries, {expected} were written"
            ));
        }
        Ok(())
    }

    /// Records of runs that have no head, and records of no known kind.
    fn strays<K: KeyValue>(&mut self, store: &K) -> StoreResult<()> {
        let mut strays = BTreeSet::new();
        let mut unknown = BTreeSet::new();
        store.scan(&[], &mut |key, _| match key.first() {
            Some(&(keys::INPUT | keys::OUTPUT | keys::JOURNAL | keys::REQUEST)) => {
                match keys::run_of(key) {
                    Some(id) if !self.runs.contains(&id) => {
                        strays.insert(id);
                    }
                    Some(_) => {}
                    None => {
                        unknown.insert(keys::readable(key));
                    }
                }
            }
            Some(
                &(keys::FORMAT
                | keys::LAST_BATCH
                | keys::HEAD
                | keys::REMOVED
                | keys::UNFINISHED
                | keys::LOOK
                | keys::FIELD
                | keys::CACHED
                | keys::DEFINITION
                | keys::VERSION),
            ) => {}
            _ => {
                unknown.insert(keys::readable(key));
            }
        })?;
        for id in strays {
            // It may have been created since the heads were read.
            // Or it is being removed.
            let known = |tag| record::chunks(store, &keys::run(tag, &id));
            // Or written.
            let marked = record::chunks(store, &keys::unfinished(&keys::run(keys::HEAD, &id)))? > 0;
            if known(keys::HEAD)? == 0 && known(keys::REMOVED)? == 0 && !marked {
                self.problem(format!("run `{id}` has records but no head"));
            }
        }
        for key in unknown {
            self.problem(format!("record `{key}` is of no known kind"));
        }
        Ok(())
    }

    fn fields<K: KeyValue>(&mut self, store: &K) -> StoreResult<()> {
        self.scan(store, &[keys::FIELD], |audit, key, record| {
            let (name, _) = body::decode_field(key, &record.body)?;
            let session = keys::session_of(key).map(|(session, _)| session);
            if session.is_none_or(|session| key != keys::field_of(session, &name)) {
                return Err(record::corrupt(key, "it is another field"));
            }
            audit.report.fields += 1;
            Ok(())
        })
    }

    fn cached<K: KeyValue>(&mut self, store: &K) -> StoreResult<()> {
        self.scan(store, &[keys::CACHED], |audit, key, record| {
            body::decode::<CacheEntry>(key, &record.body)?;
            if keys::hash_of(key).is_none() {
                return Err(record::corrupt(key, "its key is no hash"));
            }
            audit.report.cached += 1;
            Ok(())
        })
    }

    /// Every version is there, from 1 to the newest, and none that no head knows.
    fn definitions<K: KeyValue>(&mut self, store: &K) -> StoreResult<()> {
        let mut versions = BTreeSet::new();
        self.scan(store, &[keys::VERSION], |audit, key, record| {
            definitions::check_version(key, &record.body)?;
            audit.report.definitions += 1;
            versions.insert(key.to_vec());
            Ok(())
        })?;
        self.scan(store, &[keys::DEFINITION], |audit, key, record| {
            let head = definitions::head(key, &record.body)?;
            for version in 1..=head.newest {
                let key = keys::definition_version(&head.kind, &head.name, version);
                if !versions.remove(&key) {
                    let key = keys::readable(&key);
                    audit.problem(format!("{key}: version {version} is missing or corrupt"));
                }
            }
            Ok(())
        })?;
        for key in versions {
            self.problem(format!("{} belongs to none", keys::readable(&key)));
        }
        Ok(())
    }
}
