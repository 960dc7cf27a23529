//! What two runs of a workflow did differently, and why the second ran what the first had done.

mod values;

use std::{collections::BTreeMap, sync::Arc};

use agno_storage::{Entry, EntryKind, RunId, RunRecord, RunStatus, Source};
use serde::Serialize;
use serde_json::{Value, json};

pub use self::values::ValueDiff;
use self::values::{differences, facts};
use super::{
    RunDetails, Runtime,
    path::{base_of, name_of},
};
use crate::{
    error::Error,
    registry::{Registered, Scope},
};

/// What two runs did differently. Everything that they recorded differently stands in it, apart
/// from when: times, the order of commits, and places in the source.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct RunDiff {
    /// The one run.
    pub left: RunSide,
    /// The other.
    pub right: RunSide,
    /// Differences of the runs as such: version, session, status, input, output, ...
    pub run: Vec<ValueDiff>,
    /// What they recorded, by path, in the order in which it was recorded.
    pub operations: Vec<OperationDiff>,
}

/// One of two runs.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct RunSide {
    /// The run.
    pub id: RunId,
    /// Its workflow.
    pub workflow: Arc<str>,
    /// The version of it that started the run.
    pub version: u32,
    /// Its session.
    pub session: Arc<str>,
    /// The user it runs for, if one was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<Arc<str>>,
    /// Where it stands.
    pub status: RunStatus,
    /// The run it was forked off, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forked: Option<RunId>,
    /// Time spent running, in microseconds.
    pub active_micros: u64,
    /// From its start to its last change, in microseconds.
    pub total_micros: u64,
}

/// What two runs recorded under one path.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct OperationDiff {
    /// The path.
    pub path: Arc<str>,
    /// What is recorded there.
    pub kind: EntryKind,
    /// Whether it differs.
    pub verdict: Verdict,
    /// How, if both have recorded it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<ValueDiff>,
    /// Why the right run did it again, or why it is as it is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
}

/// Whether two runs recorded the same under a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Both recorded the same.
    Same,
    /// The right run has not recorded it.
    OnlyLeft,
    /// The left run has not recorded it.
    OnlyRight,
    /// They recorded different things.
    Differs,
}

/// Why the right run did a step that the left had done, or where its result came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// It did not: a fork has taken over what is recorded.
    TakenOver,
    /// It did not: the result was found in the step cache.
    FoundInCache,
    /// It did not: a person gave the result.
    Given,
    /// It failed, and its default took its place.
    Skipped,
    /// The fork gave it another input than the flow did.
    OtherInputGiven,
    /// It was called with another input.
    OtherInput {
        /// Where the input differs, as JSON pointers.
        pointers: Vec<String>,
    },
    /// The workflow has another version.
    OtherVersion {
        /// Of the left run.
        left: u32,
        /// Of the right run.
        right: u32,
    },
    /// It lies where the fork runs again.
    Forked {
        /// The first operation that was not taken over.
        at: Arc<str>,
    },
    /// It has no cache: every run runs it.
    NoCache,
    /// Its results are cached for one run.
    CachedForRun,
    /// Its results are cached for a session, and this is another.
    OtherSession,
    /// Its results are cached for a user, and this is another.
    OtherUser,
    /// The cached result had expired.
    Expired {
        /// So long before the right run asked, in microseconds.
        ago_micros: u64,
    },
    /// The left run has no result that could have been cached.
    NothingToCache,
    /// The cached result was not taken although input and session are the same: a fresh one was
    /// wanted, it was cleared, or the step's own version, its settings or its output type changed.
    CacheNotTaken,
}

impl Runtime {
    /// Compares two runs of this store.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when one of them is not there, or the
    /// store's own error.
    pub async fn diff(&self, left: &RunId, right: &RunId) -> Result<RunDiff, Error> {
        let (left, right) = (self.inspect(left).await?, self.inspect(right).await?);
        let registered = self.find(&right.record.workflow).ok();
        Ok(compare(&left, &right, registered.map(|found| &**found)))
    }
}

/// What the left and the right run have recorded under a path.
type Sides<'a> = (Option<&'a Entry>, Option<&'a Entry>);

fn compare(left: &RunDetails, right: &RunDetails, registered: Option<&Registered>) -> RunDiff {
    let (old, new) = (recorded(left), recorded(right));
    let mut paths: BTreeMap<(u64, &str), Sides<'_>> = BTreeMap::new();
    for (path, entry) in &old {
        let other = new.get(path).copied();
        paths.insert((entry.seq, path), (Some(*entry), other));
    }
    for (path, entry) in new.iter().filter(|(path, _)| !old.contains_key(*path)) {
        paths.insert((entry.seq, path), (None, Some(*entry)));
    }
    let pair = Pair {
        left,
        right,
        given: &new,
        registered,
    };
    let operations = paths
        .into_values()
        .filter_map(|sides| pair.operation(sides));
    RunDiff {
        left: RunSide::of(&left.record),
        right: RunSide::of(&right.record),
        operations: operations.collect(),
        run: differences(&head(left), &head(right)),
    }
}

/// The entries that count, by path. The run's own markers are told by its head.
fn recorded(run: &RunDetails) -> BTreeMap<&str, &Entry> {
    let counts = |entry: &&Entry| !entry.superseded && !entry.path.starts_with('@');
    let entries = run.journal.iter().filter(counts);
    entries.map(|entry| (&*entry.path, entry)).collect()
}

fn head(run: &RunDetails) -> Vec<(&'static str, Value)> {
    let record = &run.record;
    let or_null = |value: Option<Value>| value.unwrap_or(Value::Null);
    vec![
        ("workflow", json!(&*record.workflow)),
        ("version", json!(record.version)),
        ("session", json!(&*record.session)),
        ("user", json!(record.user.as_deref())),
        ("status", json!(record.status)),
        ("error", json!(record.error)),
        ("limits", json!(record.limits)),
        (
            "metadata",
            or_null(record.metadata.as_ref().map(|json| json.to_value())),
        ),
        ("input", run.input.input.to_value()),
        (
            "state",
            or_null(run.input.state.as_ref().map(|json| json.to_value())),
        ),
        (
            "output",
            or_null(run.output.as_ref().map(|json| json.to_value())),
        ),
    ]
}

impl RunSide {
    fn of(record: &RunRecord) -> Self {
        Self {
            id: record.id.clone(),
            workflow: record.workflow.clone(),
            version: record.version,
            session: record.session.clone(),
            user: record.user.clone(),
            status: record.status,
            forked: record.forked.as_ref().map(|forked| forked.run.clone()),
            active_micros: record.active_micros,
            total_micros: record.updated_at.saturating_sub(record.created_at),
        }
    }
}

struct Pair<'a> {
    left: &'a RunDetails,
    right: &'a RunDetails,
    /// What the right run has recorded.
    given: &'a BTreeMap<&'a str, &'a Entry>,
    registered: Option<&'a Registered>,
}

impl Pair<'_> {
    fn operation(&self, sides: Sides<'_>) -> Option<OperationDiff> {
        let either = sides.0.or(sides.1)?;
        let (verdict, differences) = match sides {
            (Some(left), Some(right)) => {
                let differences = differences(&facts(left), &facts(right));
                match differences.is_empty() {
                    true => (Verdict::Same, differences),
                    false => (Verdict::Differs, differences),
                }
            }
            (Some(_), None) => (Verdict::OnlyLeft, Vec::new()),
            _ => (Verdict::OnlyRight, Vec::new()),
        };
        let reasons = match sides.1 {
            Some(right) if right.kind == EntryKind::Step => {
                self.reasons(sides.0, right, &differences)
            }
            _ => Vec::new(),
        };
        Some(OperationDiff {
            path: either.path.clone(),
            kind: either.kind,
            verdict,
            differences,
            reasons,
        })
    }

    fn reasons(
        &self,
        left: Option<&Entry>,
        right: &Entry,
        differences: &[ValueDiff],
    ) -> Vec<Reason> {
        let mut reasons = Vec::new();
        let forked = self.right.record.forked.as_ref();
        // Copied with its times, and nothing else happens in the same microsecond twice.
        let same_time = |left: &Entry| {
            (left.started_at, left.finished_at) == (right.started_at, right.finished_at)
        };
        match right.source {
            Source::Given => return vec![Reason::Given],
            _ if forked.is_some() && left.is_some_and(same_time) => return vec![Reason::TakenOver],
            Source::Cache => return vec![Reason::FoundInCache],
            Source::Skipped => reasons.push(Reason::Skipped),
            _ => {}
        }
        let Some(left) = left else {
            return reasons;
        };
        let overridden = format!("{}!input", base_of(&right.path));
        if self.given.contains_key(overridden.as_str()) {
            reasons.push(Reason::OtherInputGiven);
        }
        let pointers: Vec<String> = differences
            .iter()
            .filter_map(|difference| difference.pointer.strip_prefix("/input"))
            .map(str::to_owned)
            .collect();
        let is_same_input = pointers.is_empty();
        if !is_same_input {
            reasons.push(Reason::OtherInput { pointers });
        }
        let (old, new) = (&self.left.record, &self.right.record);
        if old.version != new.version {
            reasons.push(Reason::OtherVersion {
                left: old.version,
                right: new.version,
            });
        }
        if let Some(forked) = forked {
            let at = forked.at.clone();
            reasons.push(Reason::Forked { at });
        }
        reasons.extend(self.cache(left, right, is_same_input && old.version == new.version));
        reasons
    }

    /// Why the left run's result was not taken from the cache.
    fn cache(&self, left: &Entry, right: &Entry, is_same: bool) -> Option<Reason> {
        let (_, step) = self.registered?.step(name_of(&right.path))?;
        let Some(cache) = &step.step.options.cache else {
            return Some(Reason::NoCache);
        };
        let (old, new) = (&self.left.record, &self.right.record);
        let session = || (old.session != new.session).then_some(Reason::OtherSession);
        let elsewhere = match (cache.scope, &new.user) {
            (Scope::Run, _) => Some(Reason::CachedForRun),
            (Scope::User, Some(_)) => (old.user != new.user).then_some(Reason::OtherUser),
            (Scope::User, None) if old.user.is_some() => Some(Reason::OtherUser),
            (Scope::Session | Scope::User, _) => session(),
            (Scope::Global, _) => None,
        };
        if elsewhere.is_some() {
            return elsewhere;
        }
        if left.error.is_some() {
            return Some(Reason::NothingToCache);
        }
        let ttl = cache
            .ttl
            .and_then(|ttl| u64::try_from(ttl.as_micros()).ok());
        let ends = ttl.map(|ttl| left.finished_at.saturating_add(ttl));
        if let Some(ago_micros) = ends.and_then(|ends| right.started_at.checked_sub(ends)) {
            return Some(Reason::Expired { ago_micros });
        }
        // With another input or version it has another key: that is said.
        is_same.then_some(Reason::CacheNotTaken)
    }
}

#[cfg(test)]
mod tests;
