//! What was acknowledged, and whether a store has it.

use std::collections::{BTreeMap, BTreeSet};

use agno_storage::{CacheKey, RequestQuery, RunId, RunQuery, SessionKey, Storage, StoreError};

use crate::{
    effects::Effect,
    told::{hash_of, short_hash},
};

/// How far a session has been counted up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Counted {
    /// Acknowledged.
    at_least: u64,
    /// Begun.
    at_most: u64,
}

/// All that was told.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// Entries by run and path, with the hashes of their values.
    entries: BTreeMap<String, BTreeMap<String, String>>,
    /// When what is recorded was finished, in microseconds since 1970, by run and path. It stays when the run goes.
    finished: BTreeMap<String, BTreeMap<String, u64>>,
    outputs: BTreeMap<String, String>,
    /// Runs that must not be there.
    gone: BTreeSet<String>,
    /// Runs that may be there or not.
    going: BTreeSet<String>,
    /// Open requests, with their runs.
    asked: BTreeMap<String, String>,
    /// Requests and runs that are open no longer.
    closed: BTreeSet<String>,
    counted: BTreeMap<(String, String), Counted>,
    cached: BTreeMap<String, String>,
    artifacts: BTreeSet<String>,
    definitions: BTreeMap<(String, String, u32), String>,
    clearing: bool,
    /// How many fills of each key are under way.
    filling: BTreeMap<String, u32>,
    /// Keys with a fill that was under way together with a clearing: which came first is not known.
    unclear: BTreeSet<String>,
    /// Runs and artifacts that something was acknowledged of since the last look.
    touched: BTreeSet<String>,
}

/// What a store has of it.
#[derive(Clone, Debug, Default)]
pub struct Finding {
    /// What was looked for.
    pub looked_for: u64,
    /// What was acknowledged and is not there.
    pub missing: Vec<String>,
    /// What is there and is not what was acknowledged.
    pub wrong: Vec<String>,
    /// What the store itself says does not hold.
    pub refused: Vec<String>,
}

impl Finding {
    /// Whether all is there, and right.
    pub fn is_sound(&self) -> bool {
        self.missing.is_empty() && self.wrong.is_empty() && self.refused.is_empty()
    }

    fn compare(&mut self, what: impl Fn() -> String, expected: &str, found: Option<&str>) {
        self.looked_for += 1;
        match found {
            Some(found) if found == expected => {}
            Some(found) => self.wrong.push(format!("{}: {found}", what())),
            None => self.missing.push(what()),
        }
    }

    /// The value, or nothing if the store refuses.
    fn take<T>(&mut self, what: impl Fn() -> String, read: Result<T, StoreError>) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(error) => {
                self.refused.push(format!("{}: {error}", what()));
                None
            }
        }
    }
}

impl Ledger {
    /// Takes what a child said, to its end.
    pub fn note_all<'a>(&mut self, lines: impl IntoIterator<Item = &'a str>) {
        for line in lines {
            self.note(line);
        }
        self.clearing = false;
        self.filling.clear();
        self.unclear.clear();
    }

    /// How many entries are acknowledged.
    pub fn entries(&self) -> u64 {
        self.entries.values().map(|run| run.len() as u64).sum()
    }

    /// Takes a line; one that is no acknowledgement is passed over.
    pub fn note(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        if let ["made" | "ack" | "output" | "artifact", what, ..] = words[..] {
            self.touched.insert(what.to_owned());
        }
        // Two threads say what happened one after the other, and the later may be heard first. An id
        // is given once, so what is gone stays so.
        if let ["made" | "ack" | "output", run, ..] | ["asked", _, run] = words[..]
            && (self.gone.contains(run) || self.going.contains(run))
        {
            return;
        }
        match words[..] {
            ["made", run] => {
                self.entries.entry(run.to_owned()).or_default();
            }
            ["ack", run, path, hash, ref at @ ..] => {
                let entries = self.entries.entry(run.to_owned()).or_default();
                entries.insert(path.to_owned(), hash.to_owned());
                if let Some(Ok(at)) = at.first().map(|at| at.parse()) {
                    self.finished(run, path, at);
                }
            }
            ["superseded?", run, path] => {
                if let Some(entries) = self.entries.get_mut(run) {
                    entries.remove(path);
                }
                if let Some(finished) = self.finished.get_mut(run) {
                    finished.remove(path);
                }
            }
            ["output", run, hash] => {
                self.outputs.insert(run.to_owned(), hash.to_owned());
            }
            ["gone?", run] => {
                self.entries.remove(run);
                self.outputs.remove(run);
                self.asked.retain(|_, of| of != run);
                self.going.insert(run.to_owned());
            }
            ["gone", run] => {
                self.going.remove(run);
                self.gone.insert(run.to_owned());
            }
            ["asked", id, run] if !self.closed.contains(id) && !self.closed.contains(run) => {
                self.asked.insert(id.to_owned(), run.to_owned());
            }
            ["settled?", id] => {
                self.asked.remove(id);
                self.closed.insert(id.to_owned());
            }
            ["over?", run] => {
                self.asked.retain(|_, of| of != run);
                self.closed.insert(run.to_owned());
            }
            ["counted?", workflow, session, by] => {
                let key = (workflow.to_owned(), session.to_owned());
                self.counted.entry(key).or_default().at_most += by.parse().unwrap_or(0);
            }
            ["counted", workflow, session, by] => {
                let key = (workflow.to_owned(), session.to_owned());
                self.counted.entry(key).or_default().at_least += by.parse().unwrap_or(0);
            }
            ["cached?", key] => {
                self.cached.remove(key);
                *self.filling.entry(key.to_owned()).or_default() += 1;
                if self.clearing {
                    self.unclear.insert(key.to_owned());
                }
            }
            ["cached", key, hash] => {
                if !self.unclear.contains(key) {
                    self.cached.insert(key.to_owned(), hash.to_owned());
                }
                let left = self
                    .filling
                    .get(key)
                    .map_or(0, |left| left.saturating_sub(1));
                if left == 0 {
                    self.filling.remove(key);
                    self.unclear.remove(key);
                } else {
                    self.filling.insert(key.to_owned(), left);
                }
            }
            ["cleared?"] => {
                self.clearing = true;
                self.cached.clear();
                self.unclear.extend(self.filling.keys().cloned());
            }
            ["cleared"] => self.clearing = false,
            ["artifact", hash] => drop(self.artifacts.insert(hash.to_owned())),
            ["definition", kind, name, version, hash] => {
                if let Ok(version) = version.parse() {
                    let key = (kind.to_owned(), name.to_owned(), version);
                    self.definitions.insert(key, hash.to_owned());
                }
            }
            _ => {}
        }
    }

    fn finished(&mut self, run: &str, path: &str, at: u64) {
        let finished = self.finished.entry(run.to_owned()).or_default();
        finished.insert(path.to_owned(), at);
    }

    /// The bodies that ran although their steps were recorded: they began after what is recorded was
    /// finished. After a [`check`](Self::check) that counts what was recorded and not heard of, too.
    pub fn ran_again<'a>(&self, effects: &'a [Effect]) -> Vec<&'a Effect> {
        let recorded = |it: &&Effect| {
            let finished = self.finished.get(&it.run);
            let finished = finished.and_then(|run| run.get(&it.path));
            finished.is_some_and(|finished| it.at > *finished)
        };
        effects.iter().filter(recorded).collect()
    }

    /// Makes [`check`](Self::check) read this run.
    pub fn touch(&mut self, run: &str) {
        self.touched.insert(run.to_owned());
    }

    /// Makes [`check`](Self::check) read all of it.
    pub fn touch_all(&mut self) {
        self.touched.extend(self.entries.keys().cloned());
        self.touched.extend(self.artifacts.iter().cloned());
    }

    /// Looks for what was acknowledged since the last look, and whether every run is there. What the store has beside it, because its acknowledgement was on its
    /// way when the child ended, counts as acknowledged from here on.
    pub async fn check(&mut self, store: &dyn Storage) -> Finding {
        let mut finding = Finding::default();
        self.check_runs(store, &mut finding).await;
        let open = store.requests(RequestQuery::default()).await;
        if let Some(open) = finding.take(|| "requests".to_owned(), open) {
            let open: BTreeSet<&str> = open.iter().map(|request| &*request.id).collect();
            for id in self.asked.keys() {
                let found = open.contains(&**id).then_some("");
                finding.compare(|| format!("request {id}"), "", found);
            }
        }
        for ((workflow, session), counted) in &mut self.counted {
            let key = SessionKey {
                workflow: workflow.as_str().into(),
                session: session.as_str().into(),
            };
            let what = || format!("state of {workflow} {session}");
            let Some(state) = finding.take(what, store.session(&key).await) else {
                continue;
            };
            finding.looked_for += 1;
            let total = state.get("total").map(|total| total.value.as_str());
            match total.unwrap_or("0").parse::<u64>() {
                Ok(total) if (counted.at_least..=counted.at_most).contains(&total) => {
                    *counted = Counted {
                        at_least: total,
                        at_most: total,
                    };
                }
                Ok(total) if total < counted.at_least => {
                    let problem = format!("{}: {total} of {counted:?}", what());
                    finding.missing.push(problem);
                }
                total => {
                    let problem = format!("{}: {total:?} of {counted:?}", what());
                    finding.wrong.push(problem);
                }
            }
        }
        for (key, hash) in &self.cached {
            let cached = store.cached(parse_key(key), 0).await;
            if let Some(found) = finding.take(|| format!("cached {key}"), cached) {
                let found = found.map(|entry| short_hash(entry.output.as_str()));
                finding.compare(|| format!("cached {key}"), hash, found.as_deref());
            }
        }
        for hash in self.artifacts.intersection(&self.touched) {
            let bytes = store.artifact(hash).await;
            if let Some(found) = finding.take(|| format!("artifact {hash}"), bytes) {
                let found = found.map(|bytes| blake3::hash(&bytes).to_hex().to_string());
                finding.compare(|| format!("artifact {hash}"), hash, found.as_deref());
            }
        }
        for ((kind, name, version), hash) in &self.definitions {
            let what = || format!("definition {kind} {name} {version}");
            let read = store.definition(kind, name, Some(*version)).await;
            if let Some(found) = finding.take(what, read) {
                let found = found.map(|definition| short_hash(definition.body.as_str()));
                finding.compare(what, hash, found.as_deref());
            }
        }
        self.touched.clear();
        finding
    }

    async fn check_runs(&mut self, store: &dyn Storage, finding: &mut Finding) {
        let all = RunQuery {
            whole: true,
            ..RunQuery::default()
        };
        let Some(heads) = finding.take(|| "list of runs".to_owned(), store.runs(all).await) else {
            return;
        };
        let heads: BTreeSet<String> = heads.iter().map(|head| head.id.to_string()).collect();
        // Those that were being removed: from here on they are there, or they are not.
        for run in std::mem::take(&mut self.going) {
            if !heads.contains(&run) {
                self.gone.insert(run);
            }
        }
        for run in heads.intersection(&self.gone) {
            finding.wrong.push(format!("run {run} is back"));
        }
        self.entries.retain(|run, entries| {
            let there = heads.contains(run);
            if !there {
                finding.looked_for += 1 + entries.len() as u64;
                finding.missing.push(format!("run {run}"));
                let paths = entries.keys().map(|path| format!("run {run} at {path}"));
                finding.missing.extend(paths);
            }
            there
        });
        for run in &heads {
            if self.entries.contains_key(run) && !self.touched.contains(run) {
                continue;
            }
            let id = RunId::new(run).expect("listed");
            let journal = store.journal(&id, 0).await;
            let Some(journal) = finding.take(|| format!("journal of {run}"), journal) else {
                continue;
            };
            let found: BTreeMap<String, String> = journal
                .iter()
                .map(|entry| (entry.path.to_string(), hash_of(entry)))
                .collect();
            let expected = self.entries.entry(run.clone()).or_default();
            for (path, hash) in &*expected {
                let hash_there = found.get(path).map(String::as_str);
                finding.compare(|| format!("run {run} at {path}"), hash, hash_there);
            }
            let superseded = |path: &str| path.contains('~');
            expected.extend(found.into_iter().filter(|(path, _)| !superseded(path)));
            for entry in journal.iter().filter(|entry| !superseded(&entry.path)) {
                self.finished(run, &entry.path, entry.finished_at);
            }
            if let Some(hash) = self.outputs.get(run) {
                let output = store.output(&id).await;
                if let Some(output) = finding.take(|| format!("output of {run}"), output) {
                    let there = output.map(|output| short_hash(output.as_str()));
                    finding.compare(|| format!("output of {run}"), hash, there.as_deref());
                }
            }
            let input = store.input(&id).await;
            if let Some(None) = finding.take(|| format!("input of {run}"), input) {
                finding.missing.push(format!("input of {run}"));
            }
        }
    }

    /// Looks for all of it, and asks the store what it finds.
    pub async fn check_and_verify(&mut self, store: &dyn Storage) -> Finding {
        self.touch_all();
        let mut finding = self.check(store).await;
        match store.verify().await {
            Ok(report) => finding.refused.extend(report.problems),
            Err(error) => finding.refused.push(error.to_string()),
        }
        finding
    }
}

fn parse_key(hex: &str) -> CacheKey {
    let mut key = [0; 32];
    for (at, byte) in key.iter_mut().enumerate() {
        let digits = hex.get(at * 2..at * 2 + 2).unwrap_or("00");
        *byte = u8::from_str_radix(digits, 16).unwrap_or(0);
    }
    CacheKey(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effect(at: u64) -> Effect {
        Effect {
            run: "run".to_owned(),
            path: "step#0".to_owned(),
            attempt: 1,
            at,
        }
    }

    #[test]
    fn what_is_cached_beside_a_clearing_may_be_gone() {
        let mut ledger = Ledger::default();
        let mut kept = |lines: &[&str]| {
            lines.iter().for_each(|line| ledger.note(line));
            ledger.cached.len()
        };
        assert_eq!(kept(&["cached? a", "cached a hash"]), 1);
        assert_eq!(
            kept(&["cached? a", "cleared?", "cleared", "cached a hash"]),
            0
        );
        assert_eq!(
            kept(&["cleared?", "cached? b", "cleared", "cached b hash"]),
            0
        );
        assert_eq!(kept(&["cached? a", "cached a hash"]), 1);
    }

    #[test]
    fn a_body_that_began_after_its_step_was_recorded_ran_again() {
        let mut ledger = Ledger::default();
        let again = |ledger: &Ledger, at| ledger.ran_again(&[effect(at)]).len();
        assert_eq!(again(&ledger, 5), 0, "nothing is recorded");
        ledger.note_all(["ack run step#0 hash 7"]);
        assert_eq!((again(&ledger, 5), again(&ledger, 8)), (0, 1));
        // What is recorded stays so when the run goes, and not when it is tried again.
        ledger.note_all(["gone? run", "gone run"]);
        assert_eq!(again(&ledger, 8), 1);
        ledger.note_all(["superseded? run step#0"]);
        assert_eq!(again(&ledger, 8), 0);
    }
}
