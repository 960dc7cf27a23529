//! Why the step cache did or did not have a result.

use std::{collections::BTreeSet, sync::Arc};

use agno_storage::{
    CacheListing, CacheMode, CacheQuery, Entry, EntryKind, EventKind, Json, RunId, RunQuery,
    RunRecord, StoreError,
};
use serde::Serialize;
use serde_json::Value;

use super::{Runtime, path::name_of};
use crate::{
    clock::now_micros,
    engine::{key_of, of_flow, of_step},
    error::{Error, code},
    flow::RunInfo,
    nearest::nearest,
    registry::{Cache, Registered},
};

/// As many of the newest runs are looked through for a call of the step.
const RUNS: usize = 50;

/// Which call is to be explained.
#[derive(Clone, Debug, Default)]
pub struct CacheQuestion {
    /// Name of the step or sub-flow.
    pub step: String,
    /// Name of its workflow. Default: the run's, or the only one that has such a step.
    pub workflow: Option<String>,
    /// The run whose last call it is. Default: the newest that has one.
    pub run: Option<RunId>,
    /// Another input than that call had: an object by parameter name.
    pub input: Option<Json>,
}

/// What the key of a call is made from, and what is stored for it.
#[derive(Clone, Debug, Serialize)]
pub struct CacheExplanation {
    /// Name of the workflow.
    pub workflow: Arc<str>,
    /// Name of the step or sub-flow.
    pub step: Arc<str>,
    /// The run whose session, user and mode count, if there is one.
    pub run: Option<RunId>,
    /// What that run recorded of the call, if it was asked about what it has called.
    pub recorded: Option<CacheUse>,
    /// The key, as 64 hexadecimal digits, if there is one.
    pub key: Option<String>,
    /// What the key is made from, by name. What is long is there as its hash.
    pub parts: Option<Json>,
    /// The tags that a result gets.
    pub tags: Vec<Arc<str>>,
    /// What such a call would find now.
    pub now: CacheFinding,
    /// The stored result of the step with the fewest other parts, under another key.
    pub nearest: Option<NearestResult>,
}

/// What a run recorded of a call.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "use")]
#[non_exhaustive]
pub enum CacheUse {
    /// The result was taken from the cache.
    Taken {
        /// The run that had stored it.
        from: Arc<str>,
        /// Its age, in microseconds.
        age_micros: u64,
        /// It had expired.
        stale: bool,
    },
    /// It was computed.
    Computed {
        /// Why nothing was taken, in words, if that is recorded.
        why: Option<Arc<str>>,
    },
    /// It failed.
    Failed {
        /// Why, in words.
        error: String,
    },
}

/// What a call would find.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "finding")]
#[non_exhaustive]
pub enum CacheFinding {
    /// A result that is taken.
    Hit {
        /// The run that stored it.
        from: RunId,
        /// When, in microseconds since 1970.
        stored_at: u64,
        /// When it ends, in microseconds since 1970.
        expires_at: Option<u64>,
    },
    /// A result that has expired.
    Expired {
        /// The run that stored it.
        from: RunId,
        /// When, in microseconds since 1970.
        stored_at: u64,
        /// When it ended, in microseconds since 1970.
        expired_at: u64,
    },
    /// Nothing.
    Nothing {
        /// How many results of the step are stored under other keys.
        others: usize,
    },
    /// It does not look, because of the run's mode.
    Mode {
        /// The mode.
        mode: CacheMode,
    },
    /// There is no key, and nothing is stored.
    NotCacheable {
        /// Why, in words.
        reason: String,
    },
}

/// A stored result under another key.
#[derive(Clone, Debug, Serialize)]
pub struct NearestResult {
    /// Its key, as 64 hexadecimal digits.
    pub key: String,
    /// The run that stored it.
    pub run: RunId,
    /// When, in microseconds since 1970.
    pub stored_at: u64,
    /// What differs.
    pub differs: Vec<PartDiff>,
}

/// A part of a key that two calls do not share.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PartDiff {
    /// Its name: `step_version`, `input.topic`.
    pub part: String,
    /// Of the call; `null` where it has none.
    pub here: Value,
    /// Of the stored result; `null` where it has none.
    pub stored: Value,
}

/// The run that stands for a call, and what it recorded of it.
struct Asked {
    record: Option<RunRecord>,
    entries: Vec<Entry>,
}

impl Runtime {
    /// Tells what the key of a call is made from, and why the cache did or did not have its result.
    /// Options that the flow gives a single call are not known here: the step's own count.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when there is no such run, workflow or
    /// step, or no run has called it and no input was given; the store's own error.
    pub async fn explain_cache(&self, question: CacheQuestion) -> Result<CacheExplanation, Error> {
        let record = match &question.run {
            None => None,
            Some(id) => Some(
                self.storage()
                    .run(id)
                    .await?
                    .ok_or_else(|| Error::from(StoreError::RunNotFound { run: id.clone() }))?,
            ),
        };
        let registered = self.workflow_with(&question, record.as_ref())?;
        if !has(&registered, &question.step) {
            return Err(no_step(&registered, &question.step));
        }
        let asked = self.call_of(&registered, record, &question).await?;
        let recorded = match question.input {
            Some(_) => None,
            None => asked.entries.iter().rev().find_map(used),
        };
        let called_with = asked
            .entries
            .iter()
            .rev()
            .find_map(|entry| entry.input.clone());
        let input = question.input.clone().or(called_with).ok_or_else(|| {
            let problem = format!("no run has called `{}`: give its input", question.step);
            Error::new(code::NOT_FOUND, problem).permanent()
        })?;
        let name = question.step.as_str();
        let (cache, cached) = match (registered.step(name), registered.subflow(name)) {
            (Some((_, entry)), _) => (
                entry.step.options.cache.clone(),
                of_step(&registered, entry, &input),
            ),
            (None, Some((_, flow))) => (flow.spec.options.cache.clone(), of_flow(flow, &input)),
            (None, None) => return Err(no_step(&registered, name)),
        };
        let is_cached = cache.is_some();
        let cache = cache.unwrap_or_else(Cache::new);
        let info = info(asked.record.as_ref());
        let key = match is_cached {
            true => key_of(&registered, &info, &cache, cached),
            false => Err("it has no `cache`".to_owned()),
        };
        let mut explanation = CacheExplanation {
            workflow: registered.name.clone(),
            step: Arc::from(name),
            run: asked.record.as_ref().map(|record| record.id.clone()),
            recorded,
            key: None,
            parts: None,
            tags: Vec::new(),
            now: CacheFinding::Nothing { others: 0 },
            nearest: None,
        };
        match key {
            Err(reason) => explanation.now = CacheFinding::NotCacheable { reason },
            Ok(key) => {
                let hex = key.hash.to_hex();
                let query = CacheQuery {
                    workflow: Some(registered.name.clone()),
                    step: Some(Arc::from(name)),
                    ..CacheQuery::default()
                };
                let stored = self.storage().cache_list(query).await?;
                let (own, others): (Vec<_>, Vec<_>) =
                    stored.into_iter().partition(|listing| listing.key == hex);
                explanation.nearest = nearest_of(&key.parts, &others);
                let mode = asked.record.as_ref().and_then(|record| record.cache);
                explanation.now = finding(mode, own.first(), others.len());
                explanation.key = Some(hex);
                explanation.parts = Json::encode(&key.parts).ok();
                explanation.tags = key.tags;
            }
        }
        Ok(explanation)
    }

    fn workflow_with(
        &self,
        question: &CacheQuestion,
        record: Option<&RunRecord>,
    ) -> Result<Arc<Registered>, Error> {
        let of_run = record.map(|record| &*record.workflow);
        if let Some(name) = question.workflow.as_deref().or(of_run) {
            return self.find(name).cloned();
        }
        let name = question.step.as_str();
        let all = self.0.workflows.values();
        let found: Vec<_> = all.filter(|registered| has(registered, name)).collect();
        match found.as_slice() {
            [only] => Ok((*only).clone()),
            [] => match self.0.workflows.values().collect::<Vec<_>>().as_slice() {
                [only] => Err(no_step(only, name)),
                _ => {
                    let problem = format!("no workflow has a step `{name}`");
                    Err(Error::new(code::NOT_FOUND, problem).permanent())
                }
            },
            several => {
                let names: Vec<&str> = several.iter().map(|one| &*one.name).collect();
                let problem = format!(
                    "`{name}` is a step of several workflows, name one: {}",
                    names.join(", ")
                );
                Err(Error::new(code::NOT_FOUND, problem).permanent())
            }
        }
    }

    /// The call that is meant.
    async fn call_of(
        &self,
        registered: &Registered,
        record: Option<RunRecord>,
        question: &CacheQuestion,
    ) -> Result<Asked, Error> {
        let calls = async |run: &RunId| -> Result<Vec<Entry>, Error> {
            let mut journal = self.storage().journal(run, 0).await?;
            let is_call = |entry: &Entry| {
                matches!(entry.kind, EntryKind::Step | EntryKind::Subflow)
                    && name_of(&entry.path) == question.step
            };
            journal.retain(is_call);
            Ok(journal)
        };
        if let Some(record) = record {
            let entries = calls(&record.id).await?;
            return Ok(Asked {
                record: Some(record),
                entries,
            });
        }
        let query = RunQuery {
            workflow: Some(registered.name.clone()),
            limit: Some(RUNS),
            ..RunQuery::default()
        };
        let runs = self.storage().runs(query).await?;
        for record in &runs {
            let entries = calls(&record.id).await?;
            if !entries.is_empty() {
                return Ok(Asked {
                    record: Some(record.clone()),
                    entries,
                });
            }
        }
        Ok(Asked {
            record: runs.into_iter().next(),
            entries: Vec::new(),
        })
    }
}

fn has(registered: &Registered, name: &str) -> bool {
    registered.step(name).is_some() || registered.subflow(name).is_some()
}

fn no_step(registered: &Registered, name: &str) -> Error {
    let steps = registered.steps().iter().map(|entry| entry.step.name);
    let flows = registered.flows().iter().skip(1).map(|flow| flow.spec.name);
    let guess = nearest(name, steps.chain(flows))
        .map(|name| format!(", did you mean `{name}`?"))
        .unwrap_or_default();
    let problem = format!("`{}` has no step `{name}`{guess}", registered.name);
    Error::new(code::NOT_FOUND, problem).permanent()
}

fn info(record: Option<&RunRecord>) -> RunInfo {
    match record {
        Some(record) => RunInfo {
            run: Arc::from(record.id.as_str()),
            session: record.session.clone(),
            user: record.user.clone(),
            metadata: None,
        },
        None => RunInfo {
            run: Arc::from(""),
            session: Arc::from("default"),
            user: None,
            metadata: None,
        },
    }
}

/// What an entry says of the cache.
fn used(entry: &Entry) -> Option<CacheUse> {
    let of_events = entry
        .events
        .iter()
        .rev()
        .find_map(|event| match &event.kind {
            EventKind::StepCached {
                from,
                age_micros,
                stale,
                ..
            } => Some(CacheUse::Taken {
                from: from.clone(),
                age_micros: *age_micros,
                stale: *stale,
            }),
            EventKind::StepCompleted { cache_miss, .. } => Some(CacheUse::Computed {
                why: cache_miss.clone(),
            }),
            _ => None,
        });
    of_events.or_else(|| {
        let error = entry.error.as_ref()?;
        Some(CacheUse::Failed {
            error: error.message.clone(),
        })
    })
}

fn finding(mode: Option<CacheMode>, own: Option<&CacheListing>, others: usize) -> CacheFinding {
    if let Some(mode @ (CacheMode::Bypass | CacheMode::Refresh)) = mode {
        return CacheFinding::Mode { mode };
    }
    let Some(own) = own else {
        return CacheFinding::Nothing { others };
    };
    match own.expires_at.filter(|end| *end <= now_micros()) {
        Some(expired_at) => CacheFinding::Expired {
            from: own.run.clone(),
            stored_at: own.stored_at,
            expired_at,
        },
        None => CacheFinding::Hit {
            from: own.run.clone(),
            stored_at: own.stored_at,
            expires_at: own.expires_at,
        },
    }
}

/// The stored result with the fewest other parts, the newest of several.
fn nearest_of(parts: &Value, others: &[CacheListing]) -> Option<NearestResult> {
    let compared = others.iter().filter_map(|listing| {
        let differs = differences(parts, &listing.parts.as_ref()?.to_value());
        Some((listing, differs))
    });
    let near = compared
        .min_by_key(|(listing, differs)| (differs.len(), std::cmp::Reverse(listing.stored_at)));
    near.map(|(listing, differs)| NearestResult {
        key: listing.key.clone(),
        run: listing.run.clone(),
        stored_at: listing.stored_at,
        differs,
    })
}

/// The parts that two keys do not share; of the input and of settings, their fields.
fn differences(here: &Value, stored: &Value) -> Vec<PartDiff> {
    let mut found = Vec::new();
    compare("", here, stored, &mut found);
    found
}

fn compare(path: &str, here: &Value, stored: &Value, found: &mut Vec<PartDiff>) {
    if here == stored {
        return;
    }
    // A part, or a field of one.
    let is_deep = path.contains('.');
    if let (Value::Object(mine), Value::Object(other)) = (here, stored)
        && !is_deep
    {
        let names: BTreeSet<&String> = mine.keys().chain(other.keys()).collect();
        for name in names {
            let inner = match path {
                "" => name.clone(),
                path => format!("{path}.{name}"),
            };
            let of = |object: &serde_json::Map<String, Value>| {
                object.get(name).cloned().unwrap_or_default()
            };
            compare(&inner, &of(mine), &of(other), found);
        }
        return;
    }
    found.push(PartDiff {
        part: path.to_owned(),
        here: here.clone(),
        stored: stored.clone(),
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_differs_is_named_down_to_the_fields_of_a_part() {
        let here = json!({"step": "read", "input": {"page": 1, "topic": {"title": "x"}}});
        let stored = json!({"step": "read", "input": {"page": 2, "topic": {"title": "x"}}});
        let of = |part: &str, here, stored| PartDiff {
            part: part.to_owned(),
            here,
            stored,
        };
        assert_eq!(
            differences(&here, &stored),
            [of("input.page", json!(1), json!(2))]
        );
        let stored = json!({"step": "read", "input": {"page": 1}});
        assert_eq!(
            differences(&here, &stored),
            [of("input.topic", json!({"title": "x"}), Value::Null)]
        );
    }
}
