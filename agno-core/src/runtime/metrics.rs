//! What the steps of a run took: time, attempts, waiting, tokens.
//!
//! Everything is read from the journal and its events, so it is the same for a run under way and
//! for one of last year. A fork's own journal has no events for what it took over: that cost
//! nothing the second time.

use std::{collections::HashMap, sync::Arc};

use agno_storage::{AgentEvent, Entry, EntryKind, Event, EventKind, Source};
use serde::Serialize;

use super::{
    RunDetails,
    path::{around, base_of, is_operation, name_of},
};

/// What a run took.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RunMetrics {
    /// From start to the last change, in microseconds.
    pub total_micros: u64,
    /// Time spent running, over all resumes, in microseconds.
    pub active_micros: u64,
    /// Tokens that models read.
    pub input_tokens: u64,
    /// Tokens that models wrote.
    pub output_tokens: u64,
    /// What that cost, in the currency of the prices; `None` when no part of it is known.
    pub cost: Option<f64>,
    /// The steps, in the order in which they began.
    pub steps: Vec<StepMetrics>,
}

/// What a step took.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct StepMetrics {
    /// Its path.
    pub path: Arc<str>,
    /// Its name.
    pub name: String,
    /// Where its result came from; `None` while it has none.
    pub source: Option<Source>,
    /// Whether it failed.
    pub failed: bool,
    /// Attempts begun, those of earlier tries of a resumed failure included.
    pub attempts: u32,
    /// When it was asked for, in microseconds since 1970.
    pub asked_at: u64,
    /// When it ended; 0 while it has not.
    pub finished_at: u64,
    /// Time it waited for its turn: for the limit of a `map`, for an equal call whose result it
    /// took, between attempts. In microseconds.
    pub queued_micros: u64,
    /// Time its attempts ran, without waiting for people, in microseconds.
    pub running_micros: u64,
    /// Time it waited for people, in microseconds.
    pub waiting_micros: u64,
    /// Its attempts, from begin to end, in microseconds since 1970.
    pub ran: Vec<(u64, u64)>,
    /// When it waited for people, from request to answer, in microseconds since 1970.
    pub waited: Vec<(u64, u64)>,
    /// Turns of models.
    pub turns: u32,
    /// Tokens that models read.
    pub input_tokens: u64,
    /// Tokens that models wrote.
    pub output_tokens: u64,
    /// What that cost, in the currency of the prices; `None` when it is not known.
    pub cost: Option<f64>,
}

impl RunDetails {
    /// What the run and its steps took. What a run has called is counted by that run itself.
    pub fn metrics(&self) -> RunMetrics {
        let mut book = Book::default();
        for entry in &self.journal {
            book.read(entry);
        }
        let end = match self.record.status.is_over() {
            true => self.record.updated_at,
            false => book.latest.max(self.record.updated_at),
        };
        let steps = book.close(&self.journal, end);
        let mut run = RunMetrics {
            total_micros: end.saturating_sub(self.record.created_at),
            active_micros: self.record.active_micros,
            ..RunMetrics::default()
        };
        for step in &steps {
            run.input_tokens = run.input_tokens.saturating_add(step.input_tokens);
            run.output_tokens = run.output_tokens.saturating_add(step.output_tokens);
            run.cost = add(run.cost, step.cost);
        }
        run.steps = steps;
        run
    }
}

pub(super) fn add(sum: Option<f64>, part: Option<f64>) -> Option<f64> {
    match (sum, part) {
        (Some(sum), Some(part)) => Some(sum + part),
        (sum, part) => sum.or(part),
    }
}

/// What is known of the steps so far.
#[derive(Default)]
struct Book {
    steps: HashMap<Arc<str>, StepMetrics>,
    /// Attempts that have begun and not ended.
    running: HashMap<Arc<str>, u64>,
    /// Requests that are open, by their paths.
    asked: HashMap<Arc<str>, u64>,
    /// The last time that anything happened.
    latest: u64,
}

impl Book {
    fn step(&mut self, path: &str) -> &mut StepMetrics {
        let path = base_of(path);
        if !self.steps.contains_key(path) {
            let step = StepMetrics {
                path: Arc::from(path),
                name: name_of(path).to_owned(),
                ..StepMetrics::default()
            };
            self.steps.insert(step.path.clone(), step);
        }
        self.steps.entry(Arc::from(path)).or_default()
    }

    fn read(&mut self, entry: &Entry) {
        self.latest = self.latest.max(entry.finished_at).max(entry.started_at);
        for event in &entry.events {
            self.latest = self.latest.max(event.at);
            self.told(event);
        }
        // An entry that was superseded stands aside, under its path and its number.
        let path = match entry.superseded {
            true => entry.path.rsplit_once('~').map_or(&*entry.path, |(p, _)| p),
            false => &*entry.path,
        };
        if entry.kind != EntryKind::Step || path.contains('!') {
            return;
        }
        self.end_attempt(path, entry.finished_at);
        let step = self.step(path);
        if step.asked_at == 0 {
            step.asked_at = entry.started_at;
        }
        if !entry.superseded {
            step.finished_at = entry.finished_at;
            step.source = Some(entry.source);
            step.failed = entry.error.is_some() && entry.output.is_none();
        }
    }

    fn told(&mut self, event: &Event) {
        match &event.kind {
            EventKind::StepStarted { path, .. } => {
                self.end_attempt(path, event.at);
                self.running.insert(path.clone(), event.at);
                let step = self.step(path);
                step.attempts += 1;
                if step.asked_at == 0 {
                    step.asked_at = event.at;
                }
            }
            EventKind::StepRetrying { path, .. }
            | EventKind::StepCompleted { path, .. }
            | EventKind::StepFailed { path, .. }
            | EventKind::StepSkipped { path, .. } => self.end_attempt(path, event.at),
            // The process of an attempt that had begun is gone.
            EventKind::RunResumed { .. } | EventKind::RunEnded { .. } => {
                let running: Vec<_> = self.running.keys().cloned().collect();
                for path in running {
                    self.end_attempt(&path, event.at);
                }
            }
            EventKind::RequestOpened { path, .. } => {
                self.asked.insert(path.clone(), event.at);
            }
            EventKind::RequestAnswered { path, .. } => {
                if let Some(asked) = self.asked.remove(path) {
                    self.waited(path, asked, event.at);
                }
            }
            EventKind::Agent {
                path, team, what, ..
            } => self.agent(path, team.is_some(), what),
            _ => {}
        }
    }

    fn agent(&mut self, path: &str, in_team: bool, what: &AgentEvent) {
        let step = self.step(path);
        match what {
            AgentEvent::Turn {
                input_tokens,
                output_tokens,
                ..
            } => {
                step.turns += 1;
                step.input_tokens = step.input_tokens.saturating_add(*input_tokens);
                step.output_tokens = step.output_tokens.saturating_add(*output_tokens);
            }
            // The leader of a team tells what its members cost with its own.
            AgentEvent::Completed { cost, .. } if !in_team => step.cost = add(step.cost, *cost),
            _ => {}
        }
    }

    fn end_attempt(&mut self, path: &str, at: u64) {
        if let Some(began) = self.running.remove(path) {
            self.step(path).ran.push((began, at.max(began)));
        }
    }

    /// A request beside a step is the step's; one that the flow made itself is no step's.
    fn waited(&mut self, path: &Arc<str>, asked: u64, answered: u64) {
        if path.contains('!') {
            let step = self.step(path);
            step.waited.push((asked, answered.max(asked)));
            if step.asked_at == 0 {
                step.asked_at = asked;
            }
        }
    }

    fn close(mut self, journal: &[Entry], end: u64) -> Vec<StepMetrics> {
        let running: Vec<_> = self.running.keys().cloned().collect();
        for path in running {
            self.end_attempt(&path, end);
        }
        for (path, asked) in std::mem::take(&mut self.asked) {
            self.waited(&path, asked, end);
        }
        let maps: HashMap<&str, u64> = journal
            .iter()
            .filter(|entry| is_operation(entry) && entry.kind == EntryKind::Container)
            .map(|entry| (&*entry.path, entry.started_at))
            .collect();
        let mut steps: Vec<_> = self.steps.into_values().collect();
        for step in &mut steps {
            step.settle(&maps, end);
        }
        steps.sort_by(|a, b| (a.asked_at, &a.path).cmp(&(b.asked_at, &b.path)));
        steps
    }
}

impl StepMetrics {
    /// Divides the time from the call to the end among its kinds.
    fn settle(&mut self, maps: &HashMap<&str, u64>, end: u64) {
        // The items of a map are asked for together, with the map itself.
        let own_scope = self.path.rfind('/').map_or("", |at| &self.path[..at]);
        let map = around(&self.path).last().filter(|map| {
            own_scope
                .strip_prefix(*map)
                .is_some_and(|i| i.starts_with('['))
        });
        if let Some(asked) = map.and_then(|map| maps.get(map))
            && *asked > 0
        {
            self.asked_at = self.asked_at.min(*asked);
        }
        self.ran.sort_unstable();
        self.waited.sort_unstable();
        let ended = match self.finished_at {
            0 => end,
            ended => ended,
        };
        self.waiting_micros = length(&self.waited);
        self.running_micros = length(&self.ran).saturating_sub(common(&self.ran, &self.waited));
        let whole = ended.saturating_sub(self.asked_at);
        // A result that was given, or taken over by a fork, was not waited for here.
        if !self.ran.is_empty() || !matches!(self.source, Some(Source::Ran | Source::Given)) {
            let known = self.running_micros.saturating_add(self.waiting_micros);
            self.queued_micros = whole.saturating_sub(known);
        }
    }
}

/// How long spans of time are together, where they overlap once.
fn length(spans: &[(u64, u64)]) -> u64 {
    let (mut sum, mut until) = (0_u64, 0);
    for (from, to) in spans {
        let from = (*from).max(until);
        sum = sum.saturating_add(to.saturating_sub(from));
        until = until.max(*to);
    }
    sum
}

/// How long both last.
fn common(one: &[(u64, u64)], other: &[(u64, u64)]) -> u64 {
    let mut shared: Vec<(u64, u64)> = one
        .iter()
        .flat_map(|a| other.iter().map(move |b| (a.0.max(b.0), a.1.min(b.1))))
        .filter(|(from, to)| from < to)
        .collect();
    shared.sort_unstable();
    length(&shared)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_that_overlaps_counts_once() {
        assert_eq!(length(&[(10, 20), (15, 30), (40, 41)]), 21);
        assert_eq!(common(&[(0, 10), (20, 30)], &[(5, 25)]), 10);
        assert_eq!(common(&[(0, 10)], &[(10, 20)]), 0);
    }
}
