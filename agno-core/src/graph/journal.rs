//! The path of a run, read off its journal.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    ops::Bound,
};

use agno_storage::{Entry, EntryKind, Event, EventKind, Place, RunStatus, Source};
use serde::Deserialize;

use super::{
    path::{RunPath, Word},
    tally::Tally,
};
use crate::clock::now_micros;

impl RunPath {
    /// What the journal of a run says of its operations. A step under way need not have recorded
    /// anything yet, and then counts as not reached: see [`Self::of_active`].
    pub fn from_journal(journal: &[Entry]) -> Self {
        Self::of_active(journal, [])
    }

    /// The same for a run of which somebody knows what runs now: the operations in `running`, by path.
    pub fn of_active<'a>(journal: &'a [Entry], running: impl IntoIterator<Item = &'a str>) -> Self {
        let mut reading = Reading::default();
        // First what no longer counts, so that nothing of it is taken for a beginning.
        for entry in journal.iter().filter(|entry| entry.superseded) {
            // What goes around other operations is gone on with, and begins no second time.
            if matches!(entry.kind, EntryKind::Subflow | EntryKind::Container) {
                continue;
            }
            let void = reading.void.entry(operation(&entry.path)).or_default();
            *void = entry.seq.max(*void);
        }
        reading.resumed = journal
            .iter()
            .rfind(|entry| {
                let mut kinds = entry.events.iter().map(|event| &event.kind);
                kinds.any(|kind| matches!(kind, EventKind::RunResumed { .. }))
            })
            .map(|entry| entry.seq);
        for entry in journal {
            reading.events(entry.seq, &entry.events);
            if !entry.superseded {
                reading.entry(entry);
            }
        }
        for path in running {
            reading.seen(path).is_known_to_run = true;
        }
        reading.path()
    }
}

/// What the journal says of one operation.
#[derive(Default)]
struct Seen<'a> {
    word: Option<Word<'a>>,
    place: Option<&'a Place>,
    position: Option<u32>,
    /// The first thing recorded of it.
    begun: Option<u64>,
    ended: Option<(u64, End)>,
    is_known_to_run: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Completed,
    Cached,
    Skipped,
    Failed,
}

#[derive(Default)]
struct Reading<'a> {
    operations: BTreeMap<&'a str, Seen<'a>>,
    /// The tries that no longer count, by the operation: the last thing recorded of them.
    void: BTreeMap<&'a str, u64>,
    /// When a container was decided, early or by a failure.
    decided: HashMap<&'a str, u64>,
    /// How many calls a container has that stand in its own scope.
    sizes: HashMap<&'a str, usize>,
    /// Where something was recorded that is no operation: `flow.now()`.
    values: HashSet<(&'a str, u32)>,
    /// The container that an operation is part of.
    parents: HashMap<&'a str, &'a str>,
    /// The last position of each scope.
    last: HashMap<&'a str, u32>,
    winners: Vec<(&'a str, usize)>,
    asked: Vec<&'a str>,
    answered: HashSet<&'a str>,
    /// When the run was last taken up.
    resumed: Option<u64>,
    /// How the run ended, unless it was taken up again.
    over: Option<RunStatus>,
}

/// What the entry of a container says at its start.
#[derive(Deserialize)]
struct Size {
    kind: String,
    count: usize,
}

/// What the entry of a decided race says.
#[derive(Deserialize)]
struct Winner {
    winner: usize,
}

/// The operation that an entry belongs to: `publish#0` for `publish#0!confirm`.
fn operation(path: &str) -> &str {
    path.split('!').next().unwrap_or(path)
}

/// The scope of an operation: up to and with its last `/`.
fn scope(path: &str) -> &str {
    path.rfind('/').map_or("", |end| &path[..=end])
}

fn name(path: &str) -> &str {
    let last = &path[scope(path).len()..];
    last.split('#').next().unwrap_or(last)
}

fn how(entry: &Entry) -> Option<End> {
    match (&entry.output, &entry.error, entry.source) {
        (None, None, _) => None,
        (_, _, Source::Cache) => Some(End::Cached),
        (_, _, Source::Skipped) => Some(End::Skipped),
        (None, Some(_), _) => Some(End::Failed),
        _ => Some(End::Completed),
    }
}

impl<'a> Reading<'a> {
    fn seen(&mut self, path: &'a str) -> &mut Seen<'a> {
        self.operations.entry(operation(path)).or_default()
    }

    /// Something of the operation is recorded, unless it is of a try that no longer counts.
    fn begun(&mut self, path: &'a str, seq: u64) {
        if self
            .void
            .get(operation(path))
            .is_none_or(|void| seq > *void)
        {
            let begun = &mut self.seen(path).begun;
            *begun = Some(begun.map_or(seq, |first| first.min(seq)));
        }
    }

    /// Whether something in a sub-flow failed and was tried again.
    fn is_tried_again(&self, subflow: &str) -> bool {
        let from = (Bound::Included(subflow), Bound::Unbounded);
        let void = self.void.range::<str, _>(from).map(|(path, _)| path);
        void.map_while(|path| path.strip_prefix(subflow))
            .any(|rest| rest.starts_with('/'))
    }

    fn ended(&mut self, path: &'a str, seq: u64, end: End) {
        self.seen(path).ended = Some((seq, end));
    }

    fn entry(&mut self, entry: &'a Entry) {
        let path = &*entry.path;
        let is_own = operation(path) == path;
        let word = match entry.kind {
            EntryKind::Step | EntryKind::Subflow => Word::Named(name(operation(path))),
            EntryKind::Workflow => Word::Workflow,
            EntryKind::Timer => Word::Sleep,
            EntryKind::Container => Word::Container,
            EntryKind::Request => {
                self.asked.push(path);
                Word::Human
            }
            EntryKind::Answer => {
                self.answered
                    .insert(path.strip_suffix("!answer").unwrap_or(path));
                return self.begun(path, entry.seq);
            }
            EntryKind::Started | EntryKind::Memo => return self.begun(path, entry.seq),
            EntryKind::Value | EntryKind::Marker => {
                self.values.insert((scope(path), entry.position));
                return;
            }
            _ => return,
        };
        if entry.kind == EntryKind::Container && !is_own {
            return self.decision(entry);
        }
        self.begun(path, entry.seq);
        let seen = self.seen(path);
        seen.place = seen.place.or(entry.place.as_ref());
        if is_own {
            seen.word = Some(word);
            seen.position = Some(entry.position);
        }
        let end = match entry.kind {
            EntryKind::Container => {
                let size = entry.output.as_ref().map(|json| json.decode::<Size>());
                // The items of a map have scopes of their own.
                if let Some(Ok(size)) =
                    size.filter(|size| !matches!(size, Ok(size) if size.kind == "map"))
                {
                    self.sizes.insert(path, size.count);
                }
                Some(End::Completed)
            }
            EntryKind::Timer => {
                let until: Option<u64> = entry.output.as_ref().and_then(|json| json.decode().ok());
                until
                    .is_none_or(|until| until <= now_micros())
                    .then_some(End::Completed)
            }
            EntryKind::Request => None,
            _ => how(entry),
        };
        if let Some(end) = end {
            self.ended(path, entry.seq, end);
        }
    }

    fn decision(&mut self, entry: &'a Entry) {
        let container = operation(&entry.path);
        self.decided.insert(container, entry.seq);
        let winner = entry.output.as_ref().map(|json| json.decode::<Winner>());
        if let Some(Ok(Winner { winner })) = winner {
            self.winners.push((container, winner));
        }
    }

    fn events(&mut self, seq: u64, events: &'a [Event]) {
        for event in events {
            match &event.kind {
                EventKind::StepStarted { path, .. } => self.begun(path, seq),
                EventKind::SubflowEnded { path, error } => {
                    let end = match error {
                        Some(_) => End::Failed,
                        None => End::Completed,
                    };
                    // A failure that was tried again was none of the sub-flow's last.
                    let is_void = error.is_some()
                        && self.resumed.is_some_and(|resumed| seq < resumed)
                        && self.is_tried_again(path);
                    // The entry of a whole result knows more: whether it came from the cache.
                    if !is_void && self.seen(path).ended.is_none() {
                        self.ended(path, seq, end);
                    }
                }
                EventKind::RunStarted { .. } | EventKind::RunResumed { .. } => self.over = None,
                EventKind::RunEnded { status, .. } => {
                    self.over = Some(*status).filter(|status| status.is_over());
                }
                _ => {}
            }
        }
    }

    /// Finds what is part of what. The calls of a container are built right before it, so that the
    /// positions of a scope read like a formula in postfix notation.
    fn find_parents(&mut self) {
        let mut scopes: HashMap<&str, BTreeMap<u32, &str>> = HashMap::new();
        for (path, seen) in &self.operations {
            if let Some(position) = seen.position {
                let operations = scopes.entry(scope(path)).or_default();
                operations.insert(position, path);
            }
        }
        let most = self.sizes.values().sum();
        for (scope, operations) in scopes {
            let mut calls = Vec::new();
            let mut next = 0;
            for (position, path) in operations {
                // What has no entry of its own has not ended, but it has its position.
                let missing = (next..position).filter(|at| !self.values.contains(&(scope, *at)));
                calls.extend(missing.take(most).map(|_| None));
                if let Some(size) = self.sizes.get(path) {
                    let first = calls.len().saturating_sub(*size);
                    let parts = calls.drain(first..).flatten();
                    self.parents.extend(parts.map(|part| (part, path)));
                }
                calls.push(Some(path));
                next = position + 1;
            }
            self.last.insert(scope, next.saturating_sub(1));
        }
    }

    fn path(mut self) -> RunPath {
        self.find_parents();
        let waiting: HashSet<&str> = self
            .asked
            .iter()
            .filter(|request| !self.answered.contains(*request))
            .map(|request| operation(request))
            .collect();
        let mut path = RunPath {
            is_shown: true,
            ..RunPath::default()
        };
        for (operation, seen) in &self.operations {
            let tally = self.tally(operation, seen, waiting.contains(operation));
            let word = seen.word.unwrap_or_else(|| Word::Named(name(operation)));
            match (seen.place, word) {
                (Some(place), _) => path.placed.entry(word.at(place)).or_default().add(tally),
                (None, Word::Named(name)) => {
                    path.named.entry(name.to_owned()).or_default().add(tally);
                }
                _ => {}
            }
        }
        for (race, winner) in &self.winners {
            if let Some(place) = self.operations.get(race).and_then(|seen| seen.place) {
                let races = path.winners.entry(Word::Container.at(place)).or_default();
                *races.entry(*winner).or_default() += 1;
            }
        }
        path
    }

    fn tally(&self, path: &str, seen: &Seen<'_>, is_waiting: bool) -> Tally {
        let mut tally = Tally::default();
        let mut ended = seen.ended;
        if ended.is_none() && self.has_ended(path, seen, is_waiting) {
            // When is not recorded, so it does not count as replayed.
            ended = Some((u64::MAX, End::Completed));
        }
        match ended {
            Some((seq, end)) => {
                match end {
                    End::Completed => tally.completed = 1,
                    End::Cached => tally.cached = 1,
                    End::Skipped => tally.skipped = 1,
                    End::Failed => tally.failed = 1,
                }
                if self.resumed.is_some_and(|resumed| seq < resumed) {
                    tally.replayed = 1;
                }
            }
            None if is_waiting && !self.is_lost(path, seen) => tally.waiting = 1,
            None if seen.is_known_to_run => tally.running = 1,
            None if seen.begun.is_none() => {}
            None if self.is_lost(path, seen) => tally.lost = 1,
            None => tally.running = 1,
        }
        tally
    }

    /// Whether an operation that has no outcome of its own in the journal has ended nevertheless.
    fn has_ended(&self, path: &str, seen: &Seen<'_>, is_waiting: bool) -> bool {
        match seen.word {
            Some(Word::Human) => !is_waiting,
            // A sub-flow of an older run: it is over when the flow has gone on, or is itself.
            Some(Word::Named(_)) if seen.position.is_some() => {
                self.over == Some(RunStatus::Completed) || self.has_gone_on(path, seen)
            }
            _ => false,
        }
    }

    fn has_gone_on(&self, path: &str, seen: &Seen<'_>) -> bool {
        let below = self.operations.range(path..).skip(1);
        let is_busy = below
            .take_while(|(other, _)| other.starts_with(path))
            .any(|(other, inner)| other[path.len()..].starts_with('/') && inner.ended.is_none());
        !is_busy && self.last.get(scope(path)).copied() > seen.position
    }

    /// Whether an operation without an outcome will never have one: a container around it was decided
    /// without it, or the run is over.
    fn is_lost(&self, path: &str, seen: &Seen<'_>) -> bool {
        let mut around = Some(path);
        while let Some(at) = around {
            let decided = self.decided.get(at).filter(|_| at != path);
            if decided.is_some_and(|decided| seen.begun.is_none_or(|begun| begun <= *decided)) {
                return true;
            }
            around = self.parents.get(at).copied().or_else(|| enclosing(at));
        }
        self.over.is_some()
    }
}

/// The sub-flow or map that a scope belongs to.
fn enclosing(path: &str) -> Option<&str> {
    let outer = scope(path).strip_suffix('/')?;
    match outer
        .strip_suffix(']')
        .and_then(|item| item.rsplit_once('['))
    {
        Some((map, _)) => Some(map),
        None => Some(outer),
    }
}
