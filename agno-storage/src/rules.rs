//! The rules of a commit that every back end shares: limits, checks that need no store, and how
//! a head, an entry and a listing change.

use std::sync::Arc;

use crate::{
    CacheEntry, CacheKey, CacheListing, CacheQuery, Commit, Entry, FieldValue, Json, Limits,
    Request, RequestQuery, RunId, RunQuery, RunRecord, RunStatus, RunUpdate, SessionFields,
    SessionKey, StateDelta, StoreError, StoreResult,
};

/// The largest single value that a store takes: an input, an output, a state field or a cached
/// result, in bytes of JSON.
pub const MAX_VALUE_BYTES: usize = 16 * 1024 * 1024;

/// The largest artifact that a store takes, in bytes.
pub const MAX_ARTIFACT_BYTES: usize = 256 * 1024 * 1024;

/// The longest path of an entry, and the longest name of a workflow, a session and a state field
/// taken together, in bytes.
pub const MAX_NAME_BYTES: usize = 1024;

pub(crate) fn check_value(size: usize, what: impl FnOnce() -> String) -> StoreResult<()> {
    check_size(size, MAX_VALUE_BYTES, what)
}

pub(crate) fn check_size(
    size: usize,
    limit: usize,
    what: impl FnOnce() -> String,
) -> StoreResult<()> {
    if size <= limit {
        return Ok(());
    }
    let what = what();
    Err(StoreError::TooLarge { what, size, limit })
}

/// A name cut to a length that fits a message.
fn brief(name: &str) -> String {
    let mut cut: String = name.chars().take(60).collect();
    if cut.len() < name.len() {
        cut.push_str("..");
    }
    cut
}

impl Commit {
    /// The checks that need no store: sizes, and that no path stands twice in the commit.
    pub(crate) fn check_alone(&self) -> StoreResult<()> {
        for (index, entry) in self.entries.iter().enumerate() {
            entry.check_size()?;
            if self.entries[..index].iter().any(|e| e.path == entry.path) {
                return Err(self.already_recorded(&entry.path));
            }
        }
        for request in &self.requests {
            request.check(&self.run)?;
        }
        if let Some(create) = &self.create {
            let input = &create.1;
            let size = input.input.len() + input.state.as_ref().map_or(0, Json::len);
            check_value(size, || format!("the input of run `{}`", self.run))?;
        }
        if let Some((key, delta)) = &self.state {
            key.check_size(delta)?;
        }
        if let Some(fill) = &self.cache {
            let what = || format!("the cached result of step `{}`", fill.entry.step);
            check_value(fill.entry.output.len(), what)?;
        }
        let output = self.update.as_ref().and_then(|u| u.output.as_ref());
        check_value(output.map_or(0, Json::len), || {
            format!("the output of run `{}`", self.run)
        })
    }

    pub(crate) fn check_fence(&self, head: &RunRecord) -> StoreResult<()> {
        if self.fence == head.fence {
            return Ok(());
        }
        Err(StoreError::Fenced {
            run: self.run.clone(),
            held: self.fence,
            current: head.fence,
        })
    }

    pub(crate) fn already_recorded(&self, path: &Arc<str>) -> StoreError {
        StoreError::AlreadyRecorded {
            run: self.run.clone(),
            path: path.clone(),
        }
    }

    /// The path of an entry is recorded. One of `unless`, too, is a decision that another has made.
    pub(crate) fn recorded(&self, path: &Arc<str>) -> StoreError {
        if self.unless.contains(path) {
            self.decided(path)
        } else {
            self.already_recorded(path)
        }
    }

    pub(crate) fn decided(&self, path: &Arc<str>) -> StoreError {
        StoreError::Decided {
            run: self.run.clone(),
            path: path.clone(),
        }
    }
}

impl Entry {
    pub(crate) fn check_size(&self) -> StoreResult<()> {
        let what = || format!("the path `{}`", brief(&self.path));
        check_size(self.path.len(), MAX_NAME_BYTES, what)?;
        let json = |json: &Option<Json>| json.as_ref().map_or(0, Json::len);
        check_value(json(&self.input) + json(&self.output), || {
            format!("the journal entry `{}`", brief(&self.path))
        })
    }

    /// Marks the entry and moves it aside, so that its path is free again.
    pub(crate) fn supersede(&mut self) {
        self.superseded = true;
        self.path = format!("{}~{}", self.path, self.seq).into();
    }
}

impl Request {
    /// Checks a request that this run opens.
    pub(crate) fn check(&self, run: &RunId) -> StoreResult<()> {
        if self.run != *run {
            return Err(StoreError::ForeignRequest {
                request: brief(&self.id),
                owner: self.run.clone(),
                run: run.clone(),
            });
        }
        let what = || format!("the id of request `{}`", brief(&self.id));
        check_size(self.id.len(), MAX_NAME_BYTES, what)?;
        let json = |json: &Option<Json>| json.as_ref().map_or(0, Json::len);
        let size = self.message.len() + json(&self.schema) + json(&self.value);
        check_value(size, || format!("the request `{}`", brief(&self.id)))
    }
}

impl SessionKey {
    fn check_size(&self, delta: &StateDelta) -> StoreResult<()> {
        let own = self.workflow.len() + self.session.len();
        let field = delta.changes.iter().map(|c| c.field.len()).max();
        check_size(own + field.unwrap_or(0), MAX_NAME_BYTES, || {
            format!(
                "the name of session `{}` and its field",
                brief(&self.session)
            )
        })
    }
}

impl StateDelta {
    /// [`merged`](Self::merged), refusing a field that grew beyond the limit.
    pub(crate) fn merged_within_limits(
        &self,
        fields: &SessionFields,
    ) -> StoreResult<SessionFields> {
        let changed = self.merged(fields).map_err(Box::new)?;
        for (name, FieldValue { value, .. }) in &changed {
            check_value(value.len(), || format!("the state field `{name}`"))?;
        }
        Ok(changed)
    }
}

impl RunRecord {
    pub(crate) fn claim(&mut self) {
        self.fence += 1;
        self.resumes += 1;
        self.status = RunStatus::Running;
        self.error = None;
        self.wake_at = None;
    }

    /// Refuses the removal of a run that somebody works on or waits for.
    pub(crate) fn check_removable(&self) -> StoreResult<()> {
        if self.status.is_over() || self.status == RunStatus::Pending {
            return Ok(());
        }
        Err(StoreError::RunNotOver {
            run: self.id.clone(),
            status: self.status,
        })
    }

    /// Sets what the run may use, if that is to change.
    pub(crate) fn limit(&mut self, limits: Option<Box<Limits>>) {
        if limits.is_some() {
            self.limits = limits;
        }
    }

    /// Applies a change and hands back the output, which is stored apart.
    pub(crate) fn update(&mut self, update: RunUpdate) -> Option<Json> {
        self.status = update.status;
        self.error = update.error;
        self.wake_at = update.wake_at;
        self.continued_as = update.continued_as;
        self.active_micros = self.active_micros.saturating_add(update.active_micros);
        self.updated_at = update.at;
        update.output
    }
}

impl RunQuery {
    /// Puts accepted runs in order, newest first, and cuts to the limit.
    pub(crate) fn select(&self, mut runs: Vec<RunRecord>) -> Vec<RunRecord> {
        runs.sort_unstable_by(|a, b| (b.created_at, &b.id).cmp(&(a.created_at, &a.id)));
        runs.truncate(self.limit.unwrap_or(usize::MAX));
        runs
    }
}

impl RequestQuery {
    /// Puts accepted requests in order, oldest first, and cuts to the limit.
    pub(crate) fn select(&self, mut requests: Vec<Request>) -> Vec<Request> {
        let order = |r: &Request| (r.asked_at, r.id.clone(), r.run.clone());
        requests.sort_by_cached_key(order);
        requests.truncate(self.limit.unwrap_or(usize::MAX));
        requests
    }
}

impl CacheEntry {
    pub(crate) fn expired_at(&self, now: u64) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }
}

impl CacheQuery {
    pub(crate) fn accepts(&self, key: CacheKey, entry: &CacheEntry) -> bool {
        let begins = |prefix: &String| key.to_hex().starts_with(&prefix.to_ascii_lowercase());
        self.workflow.as_ref().is_none_or(|w| *w == entry.workflow)
            && self.step.as_ref().is_none_or(|s| *s == entry.step)
            && self.tag.as_ref().is_none_or(|tag| entry.tags.contains(tag))
            && self.key.as_ref().is_none_or(begins)
            && self.expired_at.is_none_or(|now| entry.expired_at(now))
    }
}

#[cfg(any(feature = "sled", feature = "redb", feature = "sqlite"))]
impl CacheQuery {
    /// Whether it asks for everything, what does not read included.
    pub(crate) fn is_everything(&self) -> bool {
        let Self {
            workflow,
            step,
            tag,
            key,
            expired_at,
        } = self;
        [workflow, step, tag].iter().all(|name| name.is_none())
            && key.is_none()
            && expired_at.is_none()
    }
}

impl CacheListing {
    pub(crate) fn new(key: CacheKey, entry: &CacheEntry) -> Self {
        Self {
            key: key.to_hex(),
            workflow: entry.workflow.clone(),
            step: entry.step.clone(),
            run: entry.run.clone(),
            bytes: entry.output.len(),
            stored_at: entry.stored_at,
            expires_at: entry.expires_at,
            tags: entry.tags.clone(),
            parts: entry.parts.clone(),
        }
    }
}

/// Which of the cached results have to go so that the rest takes no more than `most` bytes: those that
/// were stored first. Of each the time it was stored, its key, and its size in bytes.
pub(crate) fn beyond<T: Ord>(mut cached: Vec<(u64, T, u64)>, most: u64) -> Vec<T> {
    let mut bytes: u64 = cached.iter().map(|(.., bytes)| bytes).sum();
    cached.sort_unstable();
    let mut removed = Vec::new();
    for (_, key, size) in cached {
        if bytes <= most {
            break;
        }
        bytes -= size;
        removed.push(key);
    }
    removed
}
