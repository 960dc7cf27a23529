//! What the writer checks commits against, and the batch that the accepted ones make.
//!
//! Commits of one batch see each other: heads, numbers and paths of active runs and the touched
//! fields of sessions are kept here, already changed, before the batch is written. If writing
//! fails nothing here is true any more; then the store takes no more commits.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    mem,
    sync::Arc,
};

use super::{
    body::{self, Numbers},
    format::{Change, asked},
    journal,
    key_value::{Batch, KeyValue},
    keys,
    prepared::Prepared,
    record,
};
use crate::{
    Ack, Commit, RunId, RunRecord, RunStatus, SessionFields, SessionKey, StateDelta, StoreError,
    StoreResult,
};

/// Active runs that are remembered between batches. A run beyond it is read again when it
/// commits next.
const REMEMBERED: usize = 4096;

/// What became of a commit.
pub(super) enum Verdict {
    /// Part of the batch; acknowledge it when the batch is durable.
    Accepted(Ack),
    /// Not part of the batch.
    Refused(StoreError),
    /// Needs to read what the batch only now writes: write the batch, then ask again.
    Later,
}

#[derive(Default)]
pub(super) struct Ledger {
    active: HashMap<RunId, ActiveRun>,
    pending: Pending,
}

/// What has been accepted since the last batch.
#[derive(Default)]
struct Pending {
    batch: Batch,
    /// What it adds to the store's own counts.
    change: Change,
    /// Runs with a part in it.
    touched: Vec<RunId>,
    /// Fields that its commits read or changed.
    sessions: HashMap<SessionKey, TouchedSession>,
    /// Chunks of the outputs and cached results that it writes.
    replaced: HashMap<Vec<u8>, u16>,
}

/// A run that commits.
struct ActiveRun {
    head: RunRecord,
    /// Chunks of the stored head.
    chunks: u16,
    /// The head has changed since it was written.
    dirty: bool,
    /// It has a part in the batch.
    touched: bool,
    entries: u64,
    events: u64,
    /// Every recorded path, so that "is absent" costs no read.
    paths: HashSet<Arc<str>>,
    /// Chunks of the open requests, by key.
    requests: BTreeMap<Vec<u8>, u16>,
}

#[derive(Default)]
struct TouchedSession {
    fields: SessionFields,
    /// Chunks of each field as it is stored now, for every field that was looked up.
    stored: HashMap<Arc<str>, u16>,
    changed: BTreeSet<Arc<str>>,
}

impl Ledger {
    /// Checks a commit and, if it holds, makes it part of the batch.
    /// What is left of the commit is for whoever sent it to drop: its memory is of another thread.
    pub(super) fn admit<K: KeyValue>(&mut self, store: &K, prepared: &mut Prepared) -> Verdict {
        match self.try_admit(store, prepared) {
            Ok(Some(ack)) => Verdict::Accepted(ack),
            Ok(None) => Verdict::Later,
            Err(error) => Verdict::Refused(error),
        }
    }

    /// `None` for a commit that has to wait for the batch.
    fn try_admit<K: KeyValue>(
        &mut self,
        store: &K,
        prepared: &mut Prepared,
    ) -> StoreResult<Option<Ack>> {
        let id = &prepared.commit.run;
        let known = self.active.get_mut(id);
        if !prepared.commit.supersede.is_empty() && known.as_ref().is_some_and(|run| run.touched) {
            return Ok(None);
        }
        let mut run = match (prepared.commit.create.take(), known) {
            (None, Some(run)) => return self.pending.admit(store, run, prepared).map(Some),
            (Some(_), Some(_)) => return Err(StoreError::RunExists { run: id.clone() }),
            (Some(create), None) => {
                if store_has_run(store, id)? {
                    return Err(StoreError::RunExists { run: id.clone() });
                }
                let mut head = create.0;
                head.id = id.clone();
                ActiveRun::new(head)
            }
            (None, None) => ActiveRun::read(store, id)?
                .ok_or_else(|| StoreError::RunNotFound { run: id.clone() })?,
        };
        let created = prepared.input.is_some();
        let result = self.pending.admit(store, &mut run, prepared);
        // A run whose creation was refused does not exist; any other is remembered.
        if result.is_ok() || !created {
            self.active.insert(prepared.commit.run.clone(), run);
        }
        result.map(Some)
    }

    /// Knows nothing of a run any more. Between batches.
    pub(super) fn forget(&mut self, id: &RunId) {
        self.active.remove(id);
    }

    /// The batch of all that was accepted since the last, and the journal entries in it.
    pub(super) fn finish(&mut self) -> StoreResult<(Batch, Change)> {
        let Pending {
            mut batch,
            change,
            touched,
            sessions,
            replaced: _,
        } = mem::take(&mut self.pending);
        for (key, session) in sessions {
            for name in &session.changed {
                if let Some(value) = session.fields.get(name) {
                    let body = body::encode_field(&key, name, value)?;
                    let old = session.stored.get(name).copied().unwrap_or(0);
                    batch.put(&keys::field(&key, name), &body, old);
                }
            }
        }
        if self.active.len() > REMEMBERED {
            self.active.retain(|_, run| run.touched);
        }
        for id in &touched {
            let Some(run) = self.active.get_mut(id) else {
                continue;
            };
            run.touched = false;
            if mem::take(&mut run.dirty) {
                let body = body::encode_head(&run.head, run.entries)?;
                run.chunks = batch.put(&keys::run(keys::HEAD, id), &body, run.chunks);
            }
            if run.head.status != RunStatus::Running {
                self.active.remove(id);
            }
        }
        Ok((batch, change))
    }
}

impl Pending {
    /// Checks a commit of this run, and takes it in.
    fn admit<K: KeyValue>(
        &mut self,
        store: &K,
        run: &mut ActiveRun,
        prepared: &mut Prepared,
    ) -> StoreResult<Ack> {
        let commit = &prepared.commit;
        run.check(commit)?;
        let superseded = run.read_superseded(store, commit)?;
        let output = prepared.output.as_ref();
        let output = output.map(|json| (keys::run(keys::OUTPUT, &commit.run), json));
        let cached = prepared
            .cached
            .as_ref()
            .map(|(hash, json)| (keys::cached(*hash), json));
        let mut replaced = Vec::new();
        for (key, json) in output.iter().chain(&cached) {
            replaced.push((key, json, self.chunks(store, key)?));
        }
        if let Some((session, delta)) = &commit.state {
            self.merge(store, session, delta)?;
        }

        // All checks are done: from here on nothing fails.
        for (key, json, old) in replaced {
            let chunks = self.batch.put(key, json, old);
            self.replaced.insert(key.clone(), chunks);
        }
        if let Some(input) = &prepared.input {
            self.batch
                .put(&keys::run(keys::INPUT, &commit.run), input, 0);
        }
        for old in superseded {
            run.paths.remove(&old.path);
            run.paths.insert(old.moved_to.clone());
            self.batch.remove(&old.key, old.chunks);
            self.batch
                .put(&keys::entry(&commit.run, &old.moved_to), &old.body, 0);
        }
        let (seq, first_event) = (run.entries + 1, run.events);
        for (entry, body) in commit.entries.iter().zip(&mut prepared.entries) {
            let events = u32::try_from(entry.events.len()).unwrap_or(u32::MAX);
            let numbers = Numbers {
                seq: run.entries + 1,
                first_event: run.events,
                events,
            };
            run.entries += 1;
            run.events += u64::from(events);
            run.paths.insert(entry.path.clone());
            numbers.write_into(body);
            let key = keys::entry(&commit.run, &entry.path);
            self.batch.put(&key, body, 0);
        }
        self.change.appended += commit.entries.len() as u64;
        if !run.touched {
            run.touched = true;
            self.touched.push(commit.run.clone());
        }
        run.dirty |= prepared.input.is_some()
            || commit.claim
            || commit.update.is_some()
            || commit.limits.is_some();
        if commit.claim {
            run.head.claim();
        }
        if let Some(update) = prepared.commit.update.take() {
            // The output is written already, from its prepared JSON.
            run.head.update(*update);
        }
        run.head.limit(prepared.commit.limits.take());
        self.change.asked ^= run.ask(
            &mut self.batch,
            &prepared.commit.settled,
            &prepared.requests,
        );
        Ok(Ack {
            seq,
            first_event,
            fence: run.head.fence,
        })
    }

    /// Chunks of a record that may be replaced more than once in a batch.
    fn chunks<K: KeyValue>(&self, store: &K, key: &[u8]) -> StoreResult<u16> {
        match self.replaced.get(key) {
            Some(chunks) => Ok(*chunks),
            None => record::chunks(store, key),
        }
    }

    /// Merges a change into the session, with the other changes of this batch.
    fn merge<K: KeyValue>(
        &mut self,
        store: &K,
        key: &SessionKey,
        delta: &StateDelta,
    ) -> StoreResult<()> {
        let session = self.sessions.entry(key.clone()).or_default();
        for change in &delta.changes {
            if session.stored.contains_key(&change.field) {
                continue;
            }
            let at = keys::field(key, &change.field);
            let chunks = match record::get(store, &at)? {
                None => 0,
                Some(record) => {
                    let (name, value) = body::decode_field(&at, &record.body)?;
                    session.fields.insert(name, value);
                    record.chunks
                }
            };
            session.stored.insert(change.field.clone(), chunks);
        }
        let changed = delta.merged_within_limits(&session.fields)?;
        session.changed.extend(changed.keys().cloned());
        session.fields.extend(changed);
        Ok(())
    }
}

fn store_has_run<K: KeyValue>(store: &K, id: &RunId) -> StoreResult<bool> {
    Ok(record::chunks(store, &keys::run(keys::HEAD, id))? > 0)
}

/// An entry on its way to `PATH~SEQ`.
struct Superseded {
    path: Arc<str>,
    moved_to: Arc<str>,
    key: Vec<u8>,
    chunks: u16,
    body: Vec<u8>,
}

impl ActiveRun {
    fn new(head: RunRecord) -> Self {
        Self {
            head,
            chunks: 0,
            dirty: true,
            touched: false,
            entries: 0,
            events: 0,
            paths: HashSet::new(),
            requests: BTreeMap::new(),
        }
    }

    /// Reads a run that was active before. One scan of its journal, then none while it lasts.
    fn read<K: KeyValue>(store: &K, id: &RunId) -> StoreResult<Option<Self>> {
        let Some(stored) = journal::read_head(store, id)? else {
            return Ok(None);
        };
        let mut run = Self {
            head: stored.head,
            chunks: stored.chunks,
            dirty: false,
            touched: false,
            entries: 0,
            events: 0,
            paths: HashSet::new(),
            requests: BTreeMap::new(),
        };
        let mut requests = Vec::new();
        record::scan(store, &keys::run(keys::REQUEST, id), |key, _| {
            requests.push(key.to_vec());
        })?;
        for key in requests {
            // Not of what was read: one that is damaged can be closed, and asked again.
            let chunks = record::chunks(store, &key)?;
            run.requests.insert(key, chunks);
        }
        for (numbers, path) in journal::read(store, id, stored.entries, |key, body| {
            let (numbers, json) = Numbers::of(key, body)?;
            Ok((numbers.seq, (numbers, body::path_of(key, json)?)))
        })? {
            run.entries += 1;
            run.events = run
                .events
                .max(numbers.first_event + u64::from(numbers.events));
            run.paths.insert(path);
        }
        Ok(Some(run))
    }

    fn check(&self, commit: &Commit) -> StoreResult<()> {
        commit.check_fence(&self.head)?;
        let recorded =
            |path: &Arc<str>| self.paths.contains(path) && !commit.supersede.contains(path);
        if let Some(entry) = commit.entries.iter().find(|entry| recorded(&entry.path)) {
            return Err(commit.recorded(&entry.path));
        }
        match commit.unless.iter().find(|path| recorded(path)) {
            Some(path) => Err(commit.decided(path)),
            None => Ok(()),
        }
    }

    /// Closes requests and opens others, and answers which. A run that is over asks nobody.
    fn ask(
        &mut self,
        batch: &mut Batch,
        settled: &[Arc<str>],
        opened: &[(Vec<u8>, Vec<u8>)],
    ) -> u64 {
        let mut changed = 0;
        if self.head.status.is_over() {
            for (key, chunks) in mem::take(&mut self.requests) {
                changed ^= asked(&key);
                batch.remove(&key, chunks);
            }
            return changed;
        }
        for id in settled {
            let key = keys::request(&self.head.id, id);
            if let Some(chunks) = self.requests.remove(&key) {
                changed ^= asked(&key);
                batch.remove(&key, chunks);
            }
        }
        for (key, json) in opened {
            let old = self.requests.get(key).copied();
            let chunks = batch.put(key, json, old.unwrap_or(0));
            if self.requests.insert(key.clone(), chunks).is_none() {
                changed ^= asked(key);
            }
        }
        changed
    }

    fn read_superseded<K: KeyValue>(
        &self,
        store: &K,
        commit: &Commit,
    ) -> StoreResult<Vec<Superseded>> {
        let distinct: BTreeSet<_> = commit.supersede.iter().collect();
        let recorded = distinct
            .into_iter()
            .filter(|path| self.paths.contains(*path));
        recorded
            .map(|path| {
                let key = keys::entry(&commit.run, path);
                let Some(stored) = record::get(store, &key)? else {
                    return Err(record::corrupt(&key, "it is missing"));
                };
                let (numbers, json) = Numbers::of(&key, &stored.body)?;
                let moved_to: Arc<str> = format!("{path}~{}", numbers.seq).into();
                let json = body::supersede(&key, json, &moved_to)?;
                Ok(Superseded {
                    path: path.clone(),
                    moved_to,
                    chunks: stored.chunks,
                    body: numbers.before(&json),
                    key,
                })
            })
            .collect()
    }
}
