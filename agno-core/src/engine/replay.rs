//! What a run has recorded, and what of it the flow has asked for again.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use agno_storage::{Entry, EntryKind, Json, Place, Request, StateDelta};

use super::cell::{RunCell, locked};
use crate::{
    error::{Error, code},
    op::Identity,
};

/// Path of the entry that says how a container was decided.
pub(super) fn decided(container: &str) -> Arc<str> {
    Arc::from(format!("{container}!decided"))
}

/// Path of the entry that keeps the whole result of a sub-flow.
pub(super) fn whole(subflow: &str) -> Arc<str> {
    Arc::from(format!("{subflow}!result"))
}

/// Path of the entry that says an at-most-once step has begun.
pub(super) fn begun(step: &str) -> Arc<str> {
    Arc::from(format!("{step}!begun"))
}

/// Path of the entry that gives a step another input than the flow's.
pub(crate) fn given_input(step: &str) -> Arc<str> {
    Arc::from(format!("{step}!input"))
}

/// Path of the answer to a request.
pub(crate) fn answered(request: &str) -> Arc<str> {
    Arc::from(format!("{request}!answer"))
}

/// The request that an answer of this path is to.
pub(super) fn asked(answer: &str) -> Option<Arc<str>> {
    answer.strip_suffix("!answer").map(Arc::from)
}

/// The step and the attempt that a memo belongs to, from its path: `STEP!ATTEMPT.ORDINAL.KEY`.
fn memo_of(entry: &Entry) -> Option<(&str, u32)> {
    if entry.kind != EntryKind::Memo {
        return None;
    }
    let (step, memo) = entry.path.split_once('!')?;
    Some((step, memo.split_once('.')?.0.parse().ok()?))
}

/// The scope that a path stands in: up to and with its last `/`.
fn scope_of(path: &str) -> &str {
    path.rfind('/').map_or("", |at| &path[..=at])
}

/// Whether a path or scope lies below an operation: `sub#1/..` or `map#1[..` of `sub#1`, `map#1`.
fn is_below(path: &str, top: &str) -> bool {
    path.strip_prefix(top)
        .is_some_and(|rest| rest.starts_with(['/', '[']))
}

/// Whether a path is a note beside an operation: `map#1!decided` of `map#1`.
fn is_beside(path: &str, top: &str) -> bool {
    path.strip_prefix(top)
        .is_some_and(|rest| rest.starts_with('!'))
}

/// What a run has recorded.
#[derive(Default)]
pub(crate) struct Recorded {
    entries: HashMap<Arc<str>, Entry>,
    /// Operations not asked for yet, by scope, in the order they were asked for.
    scopes: HashMap<Arc<str>, BTreeMap<u32, Arc<str>>>,
    unclaimed: usize,
    /// The highest attempt of each step that left memos behind.
    attempts: HashMap<Arc<str>, u32>,
    /// What was recorded and is tried again.
    retried: HashSet<Arc<str>>,
    /// Operations that were begun and not asked for yet: there are notes beside them and nothing
    /// of their own.
    begun: HashSet<Arc<str>>,
}

impl Recorded {
    /// From the journal. Superseded entries and the run's own markers are left out.
    pub(crate) fn new(journal: Vec<Entry>) -> Self {
        let mut recorded = Self::default();
        for entry in journal {
            if entry.path.starts_with('@') {
                continue;
            }
            if entry.superseded {
                let path = entry
                    .path
                    .rsplit_once('~')
                    .map_or(&*entry.path, |(path, _)| path);
                recorded.retried.insert(Arc::from(path));
                continue;
            }
            if let Some((step, attempt)) = memo_of(&entry) {
                let highest = recorded.attempts.entry(Arc::from(step)).or_default();
                *highest = attempt.max(*highest);
            }
            let is_operation = match entry.kind {
                EntryKind::Memo | EntryKind::Started => false,
                _ => !entry.path.contains('!'),
            };
            if is_operation {
                let scope = Arc::from(scope_of(&entry.path));
                let operations = recorded.scopes.entry(scope).or_default();
                operations.insert(entry.position, entry.path.clone());
                recorded.unclaimed += 1;
            }
            // The marks of patches, which are values, stand beside no operation.
            if entry.kind != EntryKind::Value
                && let Some((operation, _)) = entry.path.split_once('!')
            {
                recorded.begun.insert(Arc::from(operation));
            }
            recorded.entries.insert(entry.path.clone(), entry);
        }
        let entries = &recorded.entries;
        recorded.begun.retain(|path| !entries.contains_key(path));
        recorded
    }

    /// Whether an outcome of this path was recorded and is tried again.
    pub(super) fn is_retried(&self, path: &str) -> bool {
        self.retried.contains(path)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// A memo of this process, for a later attempt.
    pub(super) fn keep(&mut self, memo: Entry) {
        self.entries.insert(memo.path.clone(), memo);
    }

    pub(super) fn get(&self, path: &str) -> Option<&Entry> {
        self.entries.get(path)
    }

    /// The memos of an attempt, oldest first. What came of effects belongs to the attempt that was
    /// under way, which is told by its place in the journal.
    pub(super) fn memos_of(&self, step: &str, attempt: u32) -> Vec<Entry> {
        let (own, kept) = (format!("{step}!{attempt}."), format!("{step}!once."));
        let of = |path: &str| {
            let memos = self.entries.values();
            let path = path.to_owned();
            memos.filter(move |e| e.kind == EntryKind::Memo && e.path.starts_with(&path))
        };
        let Some(first) = of(&own).map(|memo| memo.seq).min() else {
            return Vec::new();
        };
        let kept = of(&kept).filter(|memo| memo.seq > first);
        let mut memos: Vec<Entry> = of(&own).chain(kept).cloned().collect();
        memos.sort_by_key(|memo| memo.seq);
        memos
    }

    /// The highest attempt that left memos behind: a crash keeps its attempt.
    pub(super) fn attempt_of(&self, path: &str) -> u32 {
        self.attempts.get(path).copied().unwrap_or(1)
    }

    /// Takes an operation that the flow asks for.
    fn claim(&mut self, id: &Identity) -> Claim {
        self.begun.remove(&id.path);
        let Some(operations) = self.scopes.get_mut(&id.scope) else {
            return Claim::New;
        };
        match operations.get(&id.position) {
            Some(path) if *path == id.path => {
                operations.remove(&id.position);
                self.unclaimed -= 1;
                match self.entries.get(&id.path) {
                    Some(entry) => Claim::Recorded(Box::new(entry.clone())),
                    None => Claim::New,
                }
            }
            Some(other) => Claim::Other(other.clone()),
            // Claimed before: the operation is planned once more after a drift was discarded.
            None => match self.entries.get(&id.path) {
                Some(entry) => Claim::Recorded(Box::new(entry.clone())),
                None => Claim::New,
            },
        }
    }

    /// Everything below an operation counts as asked for: nothing of it will be. Answers what
    /// it changed in the state.
    fn claim_below(&mut self, top: &str) -> Vec<(u64, StateDelta)> {
        let mut changes = Vec::new();
        for (scope, operations) in &mut self.scopes {
            if is_below(scope, top) {
                self.unclaimed -= operations.len();
                for path in std::mem::take(operations).into_values() {
                    let entry = self.entries.get(&path);
                    let delta = entry.and_then(|entry| Some((entry.seq, entry.delta.clone()?)));
                    changes.extend(delta);
                }
            }
        }
        changes
    }

    /// What an operation, and all below it, asks people and is not answered.
    fn open_requests(&self, top: &str) -> Vec<Arc<str>> {
        let of_it = |path: &str| path == top || is_below(path, top) || is_beside(path, top);
        let asked = self.entries.values().filter(|entry| {
            entry.kind == EntryKind::Request
                && of_it(&entry.path)
                && !self.entries.contains_key(&answered(&entry.path))
        });
        let requests = asked.filter_map(|entry| entry.output.as_ref()?.decode::<Request>().ok());
        requests.map(|request| request.id).collect()
    }

    /// Calls of workflows that have not returned.
    pub(super) fn unreturned(&self) -> HashSet<Arc<str>> {
        let calls = self.entries.values().filter(|entry| {
            entry.kind == EntryKind::Workflow && !self.entries.contains_key(&whole(&entry.path))
        });
        let calls = calls.filter(|entry| !entry.path.contains('!'));
        calls.map(|entry| entry.path.clone()).collect()
    }

    /// A recorded operation that should have been asked for before a new one at `path`.
    fn passed_over(&self, path: &str) -> Option<&Arc<str>> {
        let mut end = Some(scope_of(path).len());
        while let Some(at) = end {
            if let Some(operations) = self.scopes.get(&path[..at])
                && let Some(first) = operations.values().next()
            {
                return Some(first);
            }
            end = (at > 0).then(|| path[..at - 1].rfind('/').map_or(0, |at| at + 1));
        }
        None
    }

    /// Whether something lies behind a place that the flow has come to: recorded or begun, and not
    /// asked for yet.
    pub(super) fn is_ahead_of(&self, path: &str) -> bool {
        let scope = scope_of(path);
        self.passed_over(path).is_some() || self.begun.iter().any(|begun| scope_of(begun) == scope)
    }

    /// An operation that the flow has not asked for, at its end.
    pub(super) fn left_over(&self) -> Option<&Entry> {
        if self.unclaimed == 0 {
            return None;
        }
        let left = self.scopes.values().flat_map(BTreeMap::values);
        left.filter_map(|path| self.entries.get(path))
            .min_by_key(|entry| entry.seq)
    }

    /// What is recorded in a scope from a position on, with all that is below it.
    fn recorded_since(&self, scope: &str, position: u32) -> Vec<Arc<str>> {
        let since = |entry: &&Entry| {
            entry.position >= position
                && !entry.path.contains('!')
                && scope_of(&entry.path) == scope
        };
        let direct: Vec<&Arc<str>> = self
            .entries
            .values()
            .filter(since)
            .map(|entry| &entry.path)
            .collect();
        let below = |path: &Arc<str>| {
            direct
                .iter()
                .any(|top| path == *top || is_below(path, top) || is_beside(path, top))
        };
        self.entries
            .keys()
            .filter(|path| below(path))
            .cloned()
            .collect()
    }

    fn forget(&mut self, paths: &[Arc<str>]) {
        for path in paths {
            self.attempts.remove(path);
            if let Some(entry) = self.entries.remove(path)
                && let Some(operations) = self.scopes.get_mut(scope_of(path))
                && operations.get(&entry.position) == Some(path)
            {
                operations.remove(&entry.position);
                self.unclaimed -= 1;
            }
        }
    }
}

/// What the journal says to an operation that the flow asks for.
pub(super) enum Claim {
    New,
    Recorded(Box<Entry>),
    /// Another operation is recorded at this position.
    Other(Arc<str>),
}

/// The code asks for something else than was recorded.
pub(super) struct Drift {
    /// Where it begins: a position in a scope.
    pub(super) scope: Arc<str>,
    pub(super) position: u32,
    pub(super) problem: String,
}

impl Drift {
    pub(super) fn error(&self) -> Error {
        Error::new(code::DRIFT, self.problem.clone()).permanent()
    }
}

fn at(place: Option<&Place>) -> String {
    place.map_or_else(String::new, |place| format!(" (at {place})"))
}

impl RunCell {
    /// Claims an operation, or says that the flow took another way than before.
    pub(super) fn claim(&self, id: &Identity) -> Result<Option<Box<Entry>>, Drift> {
        if !self.replaying() {
            return Ok(None);
        }
        let mut recorded = locked(&self.recorded);
        match recorded.claim(id) {
            Claim::New => Ok(None),
            Claim::Recorded(entry) => Ok(Some(entry)),
            Claim::Other(other) => {
                let place = at(recorded.get(&other).and_then(|entry| entry.place.as_ref()));
                let problem = format!(
                    "drift: the run recorded `{other}`{place}, the code now asks for `{}` (at {}). \
                     Restore the name and order of what this run has done, or start a new run",
                    id.path, id.place
                );
                Err(Drift {
                    scope: id.scope.clone(),
                    position: id.position,
                    problem,
                })
            }
        }
    }

    /// A new operation may begin only when everything recorded before it was asked for.
    pub(super) fn check_order(&self, id: &Identity) -> Result<(), Drift> {
        if !self.replaying() {
            return Ok(());
        }
        let recorded = locked(&self.recorded);
        let Some(passed) = recorded.passed_over(&id.path) else {
            return Ok(());
        };
        let entry = recorded.get(passed);
        let place = at(entry.and_then(|entry| entry.place.as_ref()));
        let problem = format!(
            "drift: the code asks for `{}` (at {}), which the run has not recorded, ahead of \
             `{passed}`{place}, which it has. Restore the name and order of what this run has \
             done, or start a new run",
            id.path, id.place
        );
        Err(Drift {
            scope: Arc::from(scope_of(passed)),
            position: entry.map_or(0, |entry| entry.position),
            problem,
        })
    }

    /// A recorded value or remark: outer `Some` when it is recorded.
    pub(super) fn claim_value(&self, id: &Identity) -> Option<Option<Json>> {
        match self.claim(id) {
            Ok(entry) => entry.map(|entry| entry.output),
            Err(drift) => {
                self.stop(super::Stop::Failed(drift.error()));
                None
            }
        }
    }

    /// With `on_drift = "rerun"`: discards what is recorded from the drift on. Refused when a
    /// discarded step has changed state, which cannot be taken back, or must not run twice.
    pub(super) async fn rerun_from(&self, drift: &Drift) -> Result<(), Error> {
        let paths = {
            let recorded = locked(&self.recorded);
            let paths = recorded.recorded_since(&drift.scope, drift.position);
            let changed = paths.iter().find(|path| {
                recorded
                    .get(path)
                    .is_some_and(|entry| entry.delta.is_some())
            });
            let once = paths.iter().find(|path| {
                path.contains("!once.")
                    || recorded
                        .get(path)
                        .is_some_and(|entry| entry.kind == EntryKind::Started)
            });
            if let Some(path) = once {
                let step = path.split('!').next().unwrap_or(path);
                return Err(Error::new(
                    code::DRIFT,
                    format!(
                        "{}. It is not run again (`on_drift = \"rerun\"`), because `{step}` has \
                         done something that must not happen twice",
                        drift.problem
                    ),
                )
                .permanent());
            }
            if let Some(path) = changed {
                return Err(Error::new(
                    code::DRIFT,
                    format!(
                        "{}. It is not run again (`on_drift = \"rerun\"`), because `{path}` has \
                         changed the session's state",
                        drift.problem
                    ),
                )
                .permanent());
            }
            paths
        };
        let open = {
            let recorded = locked(&self.recorded);
            let open = paths.iter().map(|path| recorded.open_requests(path));
            open.flatten().collect()
        };
        self.give_up_requests(open);
        self.commit_supersede(paths.clone()).await;
        locked(&self.recorded).forget(&paths);
        Ok(())
    }

    /// Takes everything recorded below these operations as asked for, and what it changed into
    /// the view: they are answered whole, or were given up.
    pub(super) fn settle_below<'a>(&self, tops: impl IntoIterator<Item = &'a Arc<str>>) {
        if !self.replaying() {
            return;
        }
        let mut changes = Vec::new();
        {
            let mut recorded = locked(&self.recorded);
            for top in tops {
                changes.extend(recorded.claim_below(top));
                self.give_up_requests(recorded.open_requests(top));
            }
        }
        for (seq, delta) in changes {
            self.apply(seq, &delta);
        }
    }

    pub(super) fn replaying(&self) -> bool {
        self.replaying.load(std::sync::atomic::Ordering::Acquire)
    }
}
