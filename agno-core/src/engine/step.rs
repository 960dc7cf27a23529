//! Runs one step: cache, attempts, and then the commit that records it.

use std::{sync::Arc, sync::atomic::Ordering, time::Duration};

use agno_storage::{
    BoxFuture, CacheEntry, CacheKey, Entry, EntryKind, Event, EventError, EventKind, Json,
};
use tracing::Instrument;

use super::{
    around::Around,
    cache::Cached,
    cell::{Body, RunCell, locked},
    record::Work,
};
use crate::{
    clock::now_micros,
    context::{Call, Of, StepContext},
    error::{Error, code},
    op::{CallOp, Reply},
    registry::{Cache, StepEntry, StepOptions},
    state::{Changes, StateSlot},
    value::Produced,
};

/// How long a run's first step may take before the run is put into the store ahead of it.
const CREATE_AFTER: Duration = Duration::from_millis(20);

/// What the attempts came to.
struct Attempts {
    result: Result<(Produced, Changes), Error>,
    count: u32,
    events: Vec<Event>,
}

impl RunCell {
    pub(super) async fn run_step(
        self: &Arc<Self>,
        call: CallOp,
        around: &Around,
    ) -> Result<Reply, Error> {
        let mut body = self.enter_body();
        if body.is_none() {
            return std::future::pending().await;
        }
        let entry = self.registered.step_at(call.index);
        let options;
        let effective = match &call.options {
            None => &entry.step.options,
            Some(own) => {
                options = entry.step.options.with(own);
                &options
            }
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
            return Box::pin(self.merge_again(work, entry, &kept)).await;
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
            let lead = self.shared.flights.lead(key);
            _flight = Some(self.unless_interrupted(&mut body, lead).await);
            if let Some(hit) = self.cached(key, effective).await
                && (entry.decode)(&hit.output).is_ok()
            {
                return Box::pin(self.record_hit(work, hit)).await;
            }
        }
        if entry.step.at_most_once
            && let Err(error) = Box::pin(self.begin_once(&call.id.path)).await
        {
            return Box::pin(self.record_failure(work, error, Vec::new(), 0, entry)).await;
        }
        let done = self.attempts(&call, entry, effective, &mut body).await;
        match done.result {
            Ok((produced, changes)) => {
                self.record_success(work, produced, changes, done.events, done.count)
                    .await
            }
            Err(error) => {
                Box::pin(self.record_failure(work, error, done.events, done.count, entry)).await
            }
        }
    }

    async fn attempts(
        self: &Arc<Self>,
        call: &CallOp,
        entry: &StepEntry,
        options: &StepOptions,
        body: &mut Option<Body<'_>>,
    ) -> Attempts {
        let path = &call.id.path;
        // Begun and completed: rarely more.
        let mut events = Vec::with_capacity(2);
        let mut attempt = match self.resumes {
            0 => 1,
            _ => locked(&self.recorded).attempt_of(path),
        };
        loop {
            let started_at = now_micros();
            self.tell(&Event {
                at: started_at,
                kind: EventKind::StepStarted {
                    path: path.clone(),
                    attempt,
                },
            });
            let of = Of::Run(self.clone());
            let context = StepContext::new(path.clone(), attempt, started_at, of);
            let result = self.attempt(call, entry, options.timeout, &context).await;
            events.extend(context.opening());
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
            self.unless_interrupted(body, tokio::time::sleep(pause))
                .await;
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
        let running = context
            .scope(self.created_meanwhile(running))
            .instrument(span);
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
        let by = || Arc::from(format!("{}/{}", self.id, call.id.path));
        let changes = body
            .state
            .changes(by)
            .map_err(|problem| Error::new(code::INVALID_STATE, problem).permanent())?;
        Ok((produced, changes))
    }

    /// Waits for the body. If the run is not in the store yet and the body takes its time, the
    /// run is put there first, so that a crash finds it.
    async fn created_meanwhile<T>(&self, mut running: BoxFuture<'static, T>) -> T {
        if self.created.load(Ordering::Acquire) {
            return running.await;
        }
        let in_time = Box::pin(tokio::time::timeout(CREATE_AFTER, &mut running));
        match in_time.await {
            Ok(done) => done,
            Err(_) => {
                // Together: the body may be about to commit something itself.
                tokio::join!(Box::pin(self.commit_creation()), running).1
            }
        }
    }

    fn step_key(&self, cache: &Cache, entry: &StepEntry, input: &Json) -> Option<CacheKey> {
        let key = self.cache_key(
            cache,
            &Cached {
                step: entry.step.name,
                version: entry.step.version,
                output_hash: entry.output_hash(),
                schema: entry.input_schema(),
                input,
                settings: entry.settings(&*self.registered.workflow),
            },
        );
        self.key_or_reason(entry.step.name, key)
    }

    pub(super) fn key_or_reason(
        &self,
        step: &str,
        key: Result<CacheKey, String>,
    ) -> Option<CacheKey> {
        key.inspect_err(|reason| tracing::warn!(step, reason, "not cached"))
            .ok()
    }

    /// A stored result, unless the run or this call wants a fresh one.
    pub(super) async fn cached(&self, key: CacheKey, options: &StepOptions) -> Option<CacheEntry> {
        if self.fresh || options.fresh {
            return None;
        }
        match self.storage.cached(key, now_micros()).await {
            Ok(found) => found,
            Err(error) => self.refused(error).await,
        }
    }
}

pub(super) fn timed_out(limit: Duration, at_most_once: bool) -> Error {
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
