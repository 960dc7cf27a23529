//! The one commit that records a step.

use std::sync::{Arc, atomic::Ordering};

use agno_storage::{
    CacheEntry, CacheFill, Entry, EntryKind, Event, EventError, EventKind, RecordedError, Source,
    StoreError,
};

use super::{
    around::Around,
    cache::{Fill, StepCache},
    cell::RunCell,
    commit::Writing,
};
use crate::{
    clock::now_micros,
    error::{Error, code},
    op::Reply,
    registry::{OnError, StepEntry},
    state::Changes,
    value::Produced,
};

/// A step that is being worked on: what its entry will say.
pub(super) struct Work {
    pub(super) entry: Entry,
    pub(super) around: Around,
    /// Where its result is stored for later calls.
    pub(super) fill: Option<Box<Fill>>,
    /// Why nothing was taken from the cache, of a step that has one.
    pub(super) miss: Option<Arc<str>>,
}

impl RunCell {
    pub(super) async fn record_success(
        &self,
        mut work: Work,
        produced: Produced,
        changes: Changes,
        mut events: Vec<Event>,
        attempts: u32,
    ) -> Result<Reply, Error> {
        let finished = now_micros();
        let path = work.entry.path.clone();
        let (kind, position) = (work.entry.kind, work.entry.position);
        let (place, started_at) = (work.entry.place.clone(), work.entry.started_at);
        let bare = || {
            let mut bare = Entry::new(kind, path.clone(), position);
            (bare.place, bare.started_at) = (place, started_at);
            bare
        };
        events.push(Event {
            at: finished,
            kind: EventKind::StepCompleted {
                path: path.clone(),
                attempts,
                micros: finished.saturating_sub(work.entry.started_at),
                cache_miss: work.miss.clone(),
            },
        });
        work.entry.attempts = attempts;
        work.entry.finished_at = finished;
        work.entry.output = Some(produced.json.clone());
        work.entry.events = events;
        self.count(&work.entry);
        let cache = work.fill.and_then(|fill| {
            let entry = fill.entry(&self.id, &produced.json, finished)?;
            let key = fill.key;
            Some(Box::new(CacheFill { key, entry }))
        });
        let cached = cache.as_ref().map(|fill| fill.entry.output.len());
        let delta = (!changes.delta.is_empty()).then_some(changes.delta);
        work.entry.delta.clone_from(&delta);
        // Kept for a commit that is refused: the step has run and must not run again.
        let spare = delta.is_some().then(|| work.entry.clone());
        let update = work
            .around
            .last
            .then(|| self.ending(&mut work.entry, &produced.json));
        let mut entries = vec![work.entry];
        entries.extend(self.decisions_for(&work.around, None));
        let writing = Writing {
            entries,
            unless: work.around.unless(),
            delta,
            cache,
            update: update.map(Box::new),
            ..Writing::default()
        };
        match self.commit(writing).await {
            Ok(ack) => {
                if let Some(bytes) = cached {
                    StepCache::added(&self.shared, &self.storage, bytes);
                }
                self.ended_by(&work.around);
                self.remember_decisions(&work.around, None);
                if let Some(entry) = spare
                    && let Some(delta) = &entry.delta
                {
                    self.apply(ack.seq, delta);
                }
                Ok(Reply::One {
                    json: produced.json,
                    value: produced.value,
                })
            }
            Err(StoreError::Conflict(conflict)) => {
                let entry = spare.unwrap_or_else(bare);
                let problem = conflict.to_string();
                Box::pin(self.record_conflict(entry, &work.around, changes.values, problem)).await
            }
            Err(error @ StoreError::TooLarge { .. }) => {
                // Without input and output, which one of them does not fit.
                let mut entry = bare();
                entry.attempts = attempts;
                let advice = format!("{error}: store it as an artifact, and return its reference");
                let error = Error::new(code::TOO_LARGE, advice).permanent().at(&path);
                let recorded = error.to_recorded();
                Box::pin(self.record_error(entry, &work.around, recorded)).await
            }
            Err(error) => self.refused(error).await,
        }
    }

    /// Counts a step that ran; a sub-flow is counted by its steps.
    fn count(&self, entry: &Entry) {
        if entry.kind == EntryKind::Step {
            self.tally.ran.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The step has run and its change of the state does not merge. The output is kept with the
    /// conflict; a resume merges again, with the rules the state has then, and runs nothing.
    pub(super) async fn record_conflict(
        &self,
        mut entry: Entry,
        around: &Around,
        values: Vec<(Arc<str>, serde_json::Value, serde_json::Value)>,
        problem: String,
    ) -> Result<Reply, Error> {
        entry.delta = None;
        let values: Vec<_> = values
            .into_iter()
            .map(|(field, before, after)| {
                serde_json::json!({"field": &*field, "before": before, "after": after})
            })
            .collect();
        let error = Error::new(code::STATE_CONFLICT, problem)
            .permanent()
            .with_details(&values)
            .at(&entry.path);
        // The step has completed, and the run will not say so.
        entry.events.retain(|event| {
            !matches!(
                event.kind,
                EventKind::StepCompleted { .. } | EventKind::RunEnded { .. }
            )
        });
        self.record_error(entry, around, error.to_recorded()).await
    }

    pub(super) async fn record_failure(
        &self,
        mut work: Work,
        error: Error,
        events: Vec<Event>,
        attempts: u32,
        entry: &StepEntry,
    ) -> Result<Reply, Error> {
        work.entry.attempts = attempts;
        let error = error.at(&work.entry.path);
        let recorded = error.to_recorded();
        self.count(&work.entry);
        if entry.step.on_error == OnError::Skip && entry.default.is_some() {
            return self.record_skip(work, error, events, entry).await;
        }
        work.entry.events = events;
        self.record_error(work.entry, &work.around, recorded).await
    }

    /// A failure as it is, whatever the step's options say.
    pub(super) async fn record_plain_failure(
        &self,
        mut work: Work,
        error: Error,
        events: Vec<Event>,
        attempts: u32,
    ) -> Result<Reply, Error> {
        work.entry.attempts = attempts;
        work.entry.events = events;
        let recorded = error.at(&work.entry.path).to_recorded();
        self.record_error(work.entry, &work.around, recorded).await
    }

    /// The default of the output takes the step's place.
    pub(super) async fn record_skip(
        &self,
        mut work: Work,
        error: Error,
        mut events: Vec<Event>,
        entry: &StepEntry,
    ) -> Result<Reply, Error> {
        let recorded = error.at(&work.entry.path).to_recorded();
        let default = entry.default.as_ref().map(|default| default());
        let produced = match default {
            Some(Ok(produced)) => produced,
            Some(Err(error)) => {
                let attempts = work.entry.attempts;
                return self
                    .record_plain_failure(work, error, events, attempts)
                    .await;
            }
            None => {
                work.entry.events = events;
                return self.record_error(work.entry, &work.around, recorded).await;
            }
        };
        events.push(Event {
            at: now_micros(),
            kind: EventKind::StepSkipped {
                path: work.entry.path.clone(),
                error: EventError::from(&recorded),
            },
        });
        work.entry.events = events;
        work.entry.error = Some(recorded);
        self.record_output(work, produced, Source::Skipped).await
    }

    /// An output that no body has produced.
    pub(super) async fn record_output(
        &self,
        mut work: Work,
        produced: Produced,
        source: Source,
    ) -> Result<Reply, Error> {
        work.entry.source = source;
        work.entry.finished_at = now_micros();
        work.entry.output = Some(produced.json.clone());
        let update = work
            .around
            .last
            .then(|| self.ending(&mut work.entry, &produced.json));
        let mut entries = vec![work.entry];
        entries.extend(self.decisions_for(&work.around, None));
        let unless = work.around.unless();
        let writing = Writing {
            entries,
            unless,
            update: update.map(Box::new),
            ..Writing::default()
        };
        self.commit_or_stop(writing).await;
        self.ended_by(&work.around);
        self.remember_decisions(&work.around, None);
        Ok(Reply::One {
            json: produced.json,
            value: produced.value,
        })
    }

    /// Records a failure, with the decision of the containers around it, and answers it.
    pub(super) async fn record_error(
        &self,
        mut entry: Entry,
        around: &Around,
        recorded: RecordedError,
    ) -> Result<Reply, Error> {
        let error = Error::from_recorded(recorded.clone());
        entry.finished_at = now_micros();
        entry.error = Some(recorded.clone());
        entry.events.push(Event {
            at: entry.finished_at,
            kind: EventKind::StepFailed {
                path: entry.path.clone(),
                attempts: entry.attempts,
                error: EventError::from(&recorded),
            },
        });
        let mut entries = vec![entry];
        entries.extend(self.decisions_for(around, Some(&error)));
        let unless = around.unless();
        self.commit_or_stop(Writing {
            entries,
            unless,
            ..Writing::default()
        })
        .await;
        self.remember_decisions(around, Some(&error));
        Err(error)
    }

    pub(super) async fn record_hit(&self, work: Work, hit: CacheEntry) -> Result<Reply, Error> {
        self.record_cached(work, hit, None).await
    }

    /// An expired result takes the place of an error.
    pub(super) async fn record_stale(
        &self,
        mut work: Work,
        stale: CacheEntry,
        error: &Error,
        events: Vec<Event>,
        attempts: u32,
    ) -> Result<Reply, Error> {
        work.entry.events = events;
        work.entry.attempts = attempts;
        let error = EventError::from(&error.to_recorded());
        self.record_cached(work, stale, Some(error)).await
    }

    async fn record_cached(
        &self,
        mut work: Work,
        hit: CacheEntry,
        error: Option<EventError>,
    ) -> Result<Reply, Error> {
        let now = now_micros();
        work.entry.events.push(Event {
            at: now,
            kind: EventKind::StepCached {
                path: work.entry.path.clone(),
                from: Arc::from(hit.run.as_str()),
                age_micros: now.saturating_sub(hit.stored_at),
                stale: hit.expires_at.is_some_and(|end| end <= now),
                error,
            },
        });
        self.tally.cached.fetch_add(1, Ordering::Relaxed);
        let produced = Produced {
            json: hit.output,
            value: None,
        };
        self.record_output(work, produced, Source::Cache).await
    }
}
