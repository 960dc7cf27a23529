//! Runs one step: cache, attempts, and the one commit that records it.

use std::{sync::Arc, sync::atomic::Ordering, time::Duration};

use agno_storage::{
    BoxFuture, CacheEntry, CacheFill, CacheKey, Entry, EntryKind, Event, EventError, EventKind,
    Json, RecordedError, RunStatus, RunUpdate, Source, StoreError,
};
use tracing::Instrument;

use super::{
    cache::Cached,
    cell::{RunCell, Stop, locked},
    commit::Writing,
    execute::result_path,
    replay::begun,
};
use crate::{
    clock::now_micros,
    context::{Call, StepContext},
    error::{Error, code},
    op::{CallOp, Engine, Identity, Op, Reply},
    registry::{Cache, FlowEntry, OnError, StepEntry, StepOptions},
    state::{Changes, StateSlot},
    value::Produced,
};

/// How long a run's first step may take before the run is put into the store ahead of it.
const CREATE_AFTER: Duration = Duration::from_millis(20);

/// The containers around an operation.
#[derive(Clone, Default)]
pub(super) struct Around {
    /// Where each of them records its decision, outermost first.
    all: Vec<Arc<str>>,
    /// From here on they are decided by a failure of this operation; those before belong to a
    /// flow that may still handle it.
    direct: usize,
    /// The last step of a chain: its commit ends the run.
    last: bool,
}

impl Around {
    pub(super) fn last(last: bool) -> Self {
        Self {
            last,
            ..Self::default()
        }
    }

    pub(super) fn inside(&self, decided: Arc<str>) -> Self {
        let mut inside = self.clone();
        inside.all.push(decided);
        inside
    }

    /// For the calls of a sub-flow: it may handle their failures.
    pub(super) fn flow(&self) -> Self {
        Self {
            all: self.all.clone(),
            direct: self.all.len(),
            last: false,
        }
    }

    pub(super) fn deciding(&self) -> &[Arc<str>] {
        &self.all[self.direct..]
    }

    pub(super) fn unless(&self) -> Vec<Arc<str>> {
        self.all.clone()
    }
}

/// The engine as a sub-flow inside containers sees it.
pub(super) struct Inside {
    pub(super) cell: Arc<RunCell>,
    pub(super) around: Around,
}

impl Engine for Inside {
    fn execute(&self, op: Op) -> BoxFuture<'static, Result<Reply, Error>> {
        Box::pin(self.cell.clone().execute_planned(op, self.around.clone()))
    }
    fn value(&self, id: &Identity, make: &dyn Fn() -> Json) -> Json {
        self.cell.value(id, make)
    }
    fn say(&self, id: &Identity, message: String) {
        self.cell.say(id, message);
    }
    fn random(&self, id: &Identity) -> [u8; 32] {
        self.cell.random(id)
    }
    fn misuse(&self, problem: String) {
        self.cell.misuse(problem);
    }
    fn is_polling(&self) -> bool {
        self.cell.is_polling()
    }
}

/// A step that is being worked on: what its entry will say.
struct Work {
    entry: Entry,
    around: Around,
    fill: Option<(CacheKey, Option<u64>)>,
}

/// What the attempts came to.
struct Attempts {
    result: Result<(Produced, Changes), Error>,
    count: u32,
    events: Vec<Event>,
}

impl RunCell {
    pub(super) async fn run_step(
        self: Arc<Self>,
        call: CallOp,
        around: &Around,
    ) -> Result<Reply, Error> {
        let Some(_body) = self.enter_body() else {
            return std::future::pending().await;
        };
        let entry = self.registered.step_at(call.index);
        let options;
        let effective = if call.options == StepOptions::default() {
            &entry.step.options
        } else {
            options = entry.step.options.with(&call.options);
            &options
        };
        let mut work = Work {
            entry: Entry::new(EntryKind::Step, call.id.path.clone(), call.id.position),
            around: around.clone(),
            fill: None,
        };
        work.entry.place = Some(call.id.place.clone());
        work.entry.input = Some(call.input.clone());
        work.entry.started_at = now_micros();

        if let Some(kept) = self.kept_output(&call.id.path) {
            return self.merge_again(work, entry, &kept).await;
        }
        let mut _flight = None;
        if let Some(cache) = &effective.cache
            && let Some(key) = self.step_key(cache, entry, &call.input)
        {
            let ends = cache
                .ttl
                .map(|ttl| u64::try_from(ttl.as_micros()).unwrap_or(u64::MAX));
            work.fill = Some((key, ends));
            // Held until the result is stored, so that others find it.
            _flight = Some(self.shared.flights.lead(key).await);
            if let Some(hit) = self.cached(key).await
                && (entry.decode)(&hit.output).is_ok()
            {
                return self.record_hit(work, hit).await;
            }
        }
        if entry.step.at_most_once
            && let Err(error) = self.begin_once(&call.id.path).await
        {
            return self.record_failure(work, error, Vec::new(), 0, entry).await;
        }
        let done = self.attempts(&call, entry, effective).await;
        match done.result {
            Ok((produced, changes)) => {
                self.record_success(work, produced, changes, done.events, done.count)
                    .await
            }
            Err(error) => {
                self.record_failure(work, error, done.events, done.count, entry)
                    .await
            }
        }
    }

    async fn attempts(
        self: &Arc<Self>,
        call: &CallOp,
        entry: &StepEntry,
        options: &StepOptions,
    ) -> Attempts {
        let path = &call.id.path;
        let mut events = Vec::new();
        let mut attempt = match self.resumes {
            0 => 1,
            _ => locked(&self.recorded).attempt_of(path),
        };
        loop {
            let started = Event {
                at: now_micros(),
                kind: EventKind::StepStarted {
                    path: path.clone(),
                    attempt,
                },
            };
            self.tell(&started);
            events.push(started);
            let context =
                StepContext::new(path.clone(), self.info.clone(), attempt, Some(self.clone()));
            let result = self.attempt(call, entry, options.timeout, &context).await;
            events.extend(context.take_events());
            let error = match result {
                Ok(done) => {
                    return Attempts {
                        result: Ok(done),
                        count: attempt,
                        events,
                    };
                }
                Err(error) => error.at(path),
            };
            let again = options.retry.filter(|retry| {
                attempt <= retry.max
                    && error.is_retryable()
                    && !(entry.step.at_most_once && error.code() == code::MAY_HAVE_RUN)
            });
            let Some(retry) = again else {
                return Attempts {
                    result: Err(error),
                    count: attempt,
                    events,
                };
            };
            let pause = retry.delay(attempt, fastrand::f64());
            let retrying = Event {
                at: now_micros(),
                kind: EventKind::StepRetrying {
                    path: path.clone(),
                    attempt,
                    delay_ms: u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
                    error: EventError::from(&error.to_recorded()),
                },
            };
            self.tell(&retrying);
            events.push(retrying);
            tokio::time::sleep(pause).await;
            attempt += 1;
        }
    }

    /// One attempt: the body, in its time, with its own copy of the state.
    async fn attempt(
        self: &Arc<Self>,
        call: &CallOp,
        entry: &StepEntry,
        timeout: Option<Duration>,
        context: &StepContext,
    ) -> Result<(Produced, Changes), Error> {
        if let Some(double) = self.shared.double(entry.step.name) {
            let json = double(&call.input)?;
            let value = (entry.decode)(&json).map_err(|error| {
                let problem = format!("the double answers what the step could not: {error}");
                Error::new(code::INVALID_OUTPUT, problem).permanent()
            })?;
            return Ok((
                Produced {
                    json,
                    value: Some(value),
                },
                Changes::default(),
            ));
        }
        let body = Call {
            state: StateSlot::new(self.view()),
            context: context.clone(),
        };
        let running = (entry.run)(self.registered.workflow.clone(), body, call.input.clone());
        let span = tracing::info_span!(
            "step",
            step = entry.step.name,
            path = &*call.id.path,
            attempt = context.attempt()
        );
        let running = self.created_meanwhile(running).instrument(span);
        let (body, outcome) = match timeout {
            None => running.await,
            Some(limit) => match tokio::time::timeout(limit, running).await {
                Ok(done) => done,
                Err(_) => {
                    context.end();
                    return Err(timed_out(limit, entry.step.at_most_once));
                }
            },
        };
        let produced = outcome?;
        let by = Arc::from(format!("{}/{}", self.id, call.id.path));
        let changes = body
            .state
            .changes(&by)
            .map_err(|problem| Error::new(code::INVALID_STATE, problem).permanent())?;
        Ok((produced, changes))
    }

    /// Waits for the body. If the run is not in the store yet and the body takes its time, the
    /// run is put there first, so that a crash finds it.
    async fn created_meanwhile<T>(&self, running: BoxFuture<'static, T>) -> T {
        if self.created.load(Ordering::Acquire) {
            return running.await;
        }
        let mut running = running;
        match tokio::time::timeout(CREATE_AFTER, &mut running).await {
            Ok(done) => done,
            Err(_) => {
                self.commit_creation().await;
                running.await
            }
        }
    }

    async fn record_success(
        &self,
        mut work: Work,
        produced: Produced,
        changes: Changes,
        mut events: Vec<Event>,
        attempts: u32,
    ) -> Result<Reply, Error> {
        let finished = now_micros();
        let path = work.entry.path.clone();
        events.push(Event {
            at: finished,
            kind: EventKind::StepCompleted {
                path: path.clone(),
                attempts,
                micros: finished.saturating_sub(work.entry.started_at),
            },
        });
        work.entry.attempts = attempts;
        work.entry.finished_at = finished;
        work.entry.output = Some(produced.json.clone());
        work.entry.events = events;
        self.tally.ran.fetch_add(1, Ordering::Relaxed);
        let cache = work.fill.map(|(key, ends)| CacheFill {
            key,
            entry: CacheEntry {
                workflow: self.registered.name.clone(),
                step: step_name(&path),
                run: self.id.clone(),
                output: produced.json.clone(),
                stored_at: finished,
                expires_at: ends.map(|ends| finished.saturating_add(ends)),
            },
        });
        let delta = (!changes.delta.is_empty()).then_some(changes.delta);
        work.entry.delta.clone_from(&delta);
        // Kept for a commit that is refused: the step has run and must not run again.
        let spare = delta.is_some().then(|| work.entry.clone());
        let update = work
            .around
            .last
            .then(|| self.ending(&mut work.entry, &produced.json));
        let writing = Writing {
            entries: vec![work.entry],
            unless: work.around.unless(),
            delta,
            cache,
            update,
            ..Writing::default()
        };
        match self.commit(writing).await {
            Ok(ack) => {
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
                let entry = spare.unwrap_or_else(|| Entry::new(EntryKind::Step, path.clone(), 0));
                self.record_conflict(entry, &work.around, changes.values, conflict.to_string())
                    .await
            }
            Err(error @ StoreError::TooLarge { .. }) => {
                let mut entry = Entry::new(EntryKind::Step, path.clone(), 0);
                entry.attempts = attempts;
                let error = Error::from(error).at(&path);
                self.record_error(entry, &work.around, error.to_recorded(), None)
                    .await
            }
            Err(error) => self.refused(error).await,
        }
    }

    /// The step has run and its change of the state does not merge. The output is kept with the
    /// conflict; a resume merges again, with the rules the state has then, and runs nothing.
    async fn record_conflict(
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
        // The last event said that the step completed; it has, but the run will not say so.
        entry.events.pop();
        self.record_error(entry, around, error.to_recorded(), None)
            .await
    }

    async fn record_failure(
        &self,
        mut work: Work,
        error: Error,
        mut events: Vec<Event>,
        attempts: u32,
        entry: &StepEntry,
    ) -> Result<Reply, Error> {
        work.entry.attempts = attempts;
        let recorded = error.at(&work.entry.path).to_recorded();
        self.tally.ran.fetch_add(1, Ordering::Relaxed);
        if let (OnError::Skip, Some(default)) = (entry.step.on_error, &entry.default)
            && let Ok(produced) = default()
        {
            events.push(Event {
                at: now_micros(),
                kind: EventKind::StepSkipped {
                    path: work.entry.path.clone(),
                    error: EventError::from(&recorded),
                },
            });
            work.entry.events = events;
            work.entry.source = Source::Skipped;
            work.entry.finished_at = now_micros();
            work.entry.error = Some(recorded);
            work.entry.output = Some(produced.json.clone());
            let update = work
                .around
                .last
                .then(|| self.ending(&mut work.entry, &produced.json));
            let unless = work.around.unless();
            let writing = Writing {
                entries: vec![work.entry],
                unless,
                update,
                ..Writing::default()
            };
            self.commit_or_stop(writing).await;
            return Ok(Reply::One {
                json: produced.json,
                value: produced.value,
            });
        }
        work.entry.events = events;
        let pause = (entry.step.on_error == OnError::Pause).then_some(RunStatus::Paused);
        self.record_error(work.entry, &work.around, recorded, pause)
            .await
    }

    /// Records a failure, with the decision of the containers around it, and answers it. With a
    /// pause, the run stops instead.
    async fn record_error(
        &self,
        mut entry: Entry,
        around: &Around,
        recorded: RecordedError,
        pause: Option<RunStatus>,
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
        let update = pause.map(|status| RunUpdate {
            status,
            output: None,
            error: Some(recorded),
            active_micros: 0,
            at: entry.finished_at,
        });
        let mut entries = vec![entry];
        let is_pause = update.is_some();
        if !is_pause {
            entries.extend(self.decisions_for(around, &error));
        }
        let unless = around.unless();
        self.commit_or_stop(Writing {
            entries,
            unless,
            update,
            ..Writing::default()
        })
        .await;
        if is_pause {
            self.stop(Stop::Paused(error));
            return std::future::pending().await;
        }
        self.remember_decisions(around);
        Err(error)
    }

    async fn record_hit(&self, mut work: Work, hit: CacheEntry) -> Result<Reply, Error> {
        let now = now_micros();
        work.entry.source = Source::Cache;
        work.entry.output = Some(hit.output.clone());
        work.entry.finished_at = now;
        work.entry.events.push(Event {
            at: now,
            kind: EventKind::StepCached {
                path: work.entry.path.clone(),
                from: Arc::from(hit.run.as_str()),
                age_micros: now.saturating_sub(hit.stored_at),
            },
        });
        self.tally.cached.fetch_add(1, Ordering::Relaxed);
        let update = work
            .around
            .last
            .then(|| self.ending(&mut work.entry, &hit.output));
        let unless = work.around.unless();
        let writing = Writing {
            entries: vec![work.entry],
            unless,
            update,
            ..Writing::default()
        };
        self.commit_or_stop(writing).await;
        Ok(Reply::One {
            json: hit.output,
            value: None,
        })
    }

    // ---- cache ----

    fn step_key(&self, cache: &Cache, entry: &StepEntry, input: &Json) -> Option<CacheKey> {
        let key = self.cache_key(
            cache,
            &Cached {
                step: entry.step.name,
                version: entry.step.version,
                output_hash: entry.output_hash(),
                schema: entry.input_schema(),
                input,
            },
        );
        self.key_or_reason(entry.step.name, key)
    }

    pub(super) fn subflow_key(
        &self,
        cache: &Cache,
        flow: &FlowEntry,
        call: &CallOp,
    ) -> Option<CacheKey> {
        let key = self.cache_key(
            cache,
            &Cached {
                step: flow.spec.name,
                version: 0,
                output_hash: &flow.output_hash(),
                schema: flow.input_schema(),
                input: &call.input,
            },
        );
        self.key_or_reason(flow.spec.name, key)
    }

    fn key_or_reason(&self, step: &str, key: Result<CacheKey, String>) -> Option<CacheKey> {
        key.inspect_err(|reason| tracing::warn!(step, reason, "not cached"))
            .ok()
    }

    /// A stored result, unless the run wants everything fresh.
    async fn cached(&self, key: CacheKey) -> Option<CacheEntry> {
        if self.fresh {
            return None;
        }
        match self.storage.cached(key, now_micros()).await {
            Ok(found) => found,
            Err(error) => self.refused(error).await,
        }
    }

    /// Runs a sub-flow whose result is kept whole.
    pub(super) async fn run_whole(
        &self,
        call: &CallOp,
        flow: &FlowEntry,
        key: Option<CacheKey>,
        timeout: Option<Duration>,
        work: impl Future<Output = Result<Produced, Error>> + Send,
        around: &Around,
    ) -> Result<Reply, Error> {
        let mut entry = Entry::new(EntryKind::Subflow, result_path(call), call.id.position);
        entry.started_at = now_micros();
        let cache = call
            .options
            .cache
            .as_ref()
            .or(flow.spec.options.cache.as_ref());
        let ends = cache.and_then(|cache| cache.ttl);
        let ends = ends.map(|ttl| u64::try_from(ttl.as_micros()).unwrap_or(u64::MAX));
        let kept = Work {
            entry,
            around: around.clone(),
            fill: key.map(|key| (key, ends)),
        };
        let mut _flight = None;
        if let Some(key) = key {
            _flight = Some(self.shared.flights.lead(key).await);
            if let Some(hit) = self.cached(key).await {
                return self.record_hit(kept, hit).await;
            }
        }
        let produced = match timeout {
            None => work.await,
            Some(limit) => match tokio::time::timeout(limit, work).await {
                Ok(done) => done,
                Err(_) => Err(timed_out(limit, false)),
            },
        };
        match produced {
            Ok(produced) => {
                self.record_success(kept, produced, Changes::default(), Vec::new(), 1)
                    .await
            }
            Err(error) => {
                let recorded = error.at(&call.id.path).to_recorded();
                self.record_error(kept.entry, around, recorded, None).await
            }
        }
    }

    // ---- at most once, and kept outputs ----

    /// Records that the step begins. If that is recorded already, it may have run.
    async fn begin_once(&self, path: &Arc<str>) -> Result<(), Error> {
        let begun = begun(path);
        let known = locked(&self.recorded).get(&begun).is_some();
        if known {
            return Err(Error::new(
                code::MAY_HAVE_RUN,
                "the process ended while this step ran: it may have run, and it is not to run \
                 twice. Look whether it took effect",
            )
            .permanent());
        }
        let mut entry = Entry::new(EntryKind::Started, begun, 0);
        entry.started_at = now_micros();
        self.commit_entry(entry).await;
        Ok(())
    }

    /// The output of a step that ran and whose change did not merge.
    fn kept_output(&self, path: &str) -> Option<Entry> {
        if self.resumes == 0 {
            None
        } else {
            locked(&self.kept).remove(path)
        }
    }

    async fn merge_again(
        &self,
        work: Work,
        entry: &StepEntry,
        kept: &Entry,
    ) -> Result<Reply, Error> {
        let Some(output) = &kept.output else {
            let error = Error::new(code::DRIFT, "the kept output is gone").permanent();
            return self
                .record_failure(work, error, Vec::new(), kept.attempts, entry)
                .await;
        };
        let by = Arc::from(format!("{}/{}", self.id, work.entry.path));
        let changes = self.changes_again(kept, &by);
        let produced = Produced {
            json: output.clone(),
            value: None,
        };
        match changes {
            Ok(changes) => {
                self.record_success(work, produced, changes, Vec::new(), kept.attempts)
                    .await
            }
            Err(problem) => {
                let error = Error::new(code::INVALID_STATE, problem).permanent();
                self.record_failure(work, error, Vec::new(), kept.attempts, entry)
                    .await
            }
        }
    }

    fn changes_again(&self, kept: &Entry, by: &Arc<str>) -> Result<Changes, String> {
        let details = kept.error.as_ref().and_then(|error| error.details.as_ref());
        let values = details.map(Json::to_value).unwrap_or_default();
        let (mut before, mut after) = (serde_json::Map::new(), serde_json::Map::new());
        for change in values.as_array().into_iter().flatten() {
            let field = change["field"].as_str().unwrap_or_default();
            before.insert(field.to_owned(), change["before"].clone());
            after.insert(field.to_owned(), change["after"].clone());
        }
        let rules = self
            .registered
            .state
            .as_ref()
            .map_or(&[][..], |state| state.rules);
        Changes::between(&self.view(), &before, &after, rules, by)
    }
}

fn timed_out(limit: Duration, at_most_once: bool) -> Error {
    if at_most_once {
        return Error::new(
            code::MAY_HAVE_RUN,
            format!(
                "it did not finish within {limit:?}: it may have run, and it is not to run twice. \
                 Look whether it took effect"
            ),
        )
        .permanent();
    }
    Error::new(code::TIMEOUT, format!("it did not finish within {limit:?}"))
}

/// The step's name, from its path: between the last `/` and the `#`.
fn step_name(path: &str) -> Arc<str> {
    let last = path.rsplit('/').next().unwrap_or(path);
    Arc::from(last.split('#').next().unwrap_or(last))
}
