//! One run in memory.

use std::{
    collections::{BTreeMap, HashMap},
    mem,
    sync::Arc,
};

use super::lease::Held;
use crate::{Ack, Commit, Entry, Json, PortableRun, Request, RunInput, RunRecord, StoreResult};

pub(super) struct Run {
    pub(super) head: RunRecord,
    pub(super) input: RunInput,
    pub(super) output: Option<Json>,
    /// Entry of sequence number `n` at `n - 1`.
    pub(super) entries: Vec<Entry>,
    /// Where the entry of a path is in `entries`.
    paths: HashMap<Arc<str>, usize>,
    /// Events so far.
    events: u64,
    /// Open requests, by id.
    pub(super) requests: BTreeMap<Arc<str>, Request>,
    /// Who runs it, in a store that several share.
    pub(super) held: Option<Held>,
}

impl Run {
    pub(super) fn new(head: RunRecord, input: RunInput) -> Self {
        Self {
            head,
            input,
            output: None,
            entries: Vec::with_capacity(16),
            paths: HashMap::with_capacity(16),
            events: 0,
            requests: BTreeMap::new(),
            held: None,
        }
    }

    /// A run of another store, which was checked by itself.
    pub(super) fn import(piece: PortableRun) -> Self {
        let mut run = Self::new(piece.head, piece.input);
        run.output = piece.output;
        run.entries = piece.entries;
        run.events = run
            .entries
            .iter()
            .map(|entry| entry.events.len() as u64)
            .sum();
        let paths = run.entries.iter().enumerate();
        run.paths = paths
            .map(|(index, entry)| (entry.path.clone(), index))
            .collect();
        run.ask(&[], piece.requests);
        run
    }

    /// All that is recorded of it.
    pub(super) fn portable(&self) -> PortableRun {
        PortableRun {
            head: self.head.clone(),
            input: self.input.clone(),
            output: self.output.clone(),
            entries: self.entries.clone(),
            requests: self.requests.values().cloned().collect(),
        }
    }

    /// Every check that needs this run alone.
    pub(super) fn check(&self, commit: &Commit) -> StoreResult<()> {
        commit.check_fence(&self.head)?;
        let recorded =
            |path: &Arc<str>| self.paths.contains_key(path) && !commit.supersede.contains(path);
        if let Some(entry) = commit.entries.iter().find(|entry| recorded(&entry.path)) {
            return Err(commit.recorded(&entry.path));
        }
        match commit.unless.iter().find(|path| recorded(path)) {
            Some(path) => Err(commit.decided(path)),
            None => Ok(()),
        }
    }

    fn supersede(&mut self, path: &Arc<str>) {
        let Some(index) = self.paths.remove(path) else {
            return;
        };
        let entry = &mut self.entries[index];
        entry.supersede();
        self.paths.insert(entry.path.clone(), index);
    }

    /// Moves the entries in, numbered.
    fn append(&mut self, entries: &mut Vec<Entry>) {
        for (entry, index) in entries.iter_mut().zip(self.entries.len()..) {
            entry.seq = index as u64 + 1;
            entry.first_event = self.events;
            self.events += entry.events.len() as u64;
            self.paths.insert(entry.path.clone(), index);
        }
        self.entries.append(entries);
    }

    /// Changes the run. Nothing here can fail.
    pub(super) fn apply(&mut self, commit: &mut Commit) -> Ack {
        for path in &commit.supersede {
            self.supersede(path);
        }
        let (seq, first_event) = (self.entries.len() as u64 + 1, self.events);
        self.append(&mut commit.entries);
        if commit.claim {
            self.head.claim();
        }
        self.head.limit(commit.limits.take());
        if let Some(update) = commit.update.take() {
            self.output = self.head.update(*update).or(self.output.take());
        }
        self.ask(&commit.settled, mem::take(&mut commit.requests));
        Ack {
            seq,
            first_event,
            fence: self.head.fence,
        }
    }

    /// Closes requests and opens others. A run that is over asks nobody.
    fn ask(&mut self, settled: &[Arc<str>], opened: Vec<Request>) {
        if self.head.status.is_over() {
            self.requests.clear();
            return;
        }
        for id in settled {
            self.requests.remove(id);
        }
        for request in opened {
            self.requests.insert(request.id.clone(), request);
        }
    }
}
