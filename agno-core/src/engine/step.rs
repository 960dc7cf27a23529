//! Runs one step: cache, attempts, and then the commit that records it.

use std::{sync::Arc, sync::atomic::Ordering, time::Duration};

use agno_storage::{BoxFuture, Entry, EntryKind, Event, EventError, EventKind, Json};
use tracing::Instrument;

use super::{
    around::Around,
    cache::{self, Consulted, Miss, StepCache},
    cell::{RunCell, locked},
    gate::{Help, Passed, Pause},
    record::Work,
    stop::Body,
};
use crate::{
    clock::now_micros,
    context::{Call, Of, StepContext},
    error::{Error, code},
    op::{CallOp, Reply},
    registry::{OnError, StepEntry, StepOptions},
    schema::InputSchema,
    state::{Changes, StateSlot},
    value::Produced,
};

/// How long a run's first step may take before it is recorded and told that the run has begun.
const BEGUN_AFTER: Duration = Duration::from_millis(20);

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
        let _working = self.working_here();
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
            miss: None,
        };
        work.entry.place = Some(call.id.place.clone());
        work.entry.input = Some(call.input.clone());
        work.entry.started_at = now_micros();

        if let Some(kept) = self.kept_output(&call.id.path) {
            return Box::pin(self.merge_again(work, entry, &kept)).await;
        }
        if let Some(gate) = &entry.step.gate {
            match Box::pin(self.pass(gate, &work, &mut body)).await {
                Passed::Yes => {}
                Passed::Skip(error) => {
                    return Box::pin(self.record_skip(work, error, Vec::new(), entry)).await;
                }
                Passed::No(error) => {
                    return Box::pin(self.record_plain_failure(work, error, Vec::new(), 0)).await;
                }
            }
        }
        let (mut _lead, mut stale) = (None, None);
        if let Some(cache) = &effective.cache {
            let asked = cache::Call::Step(entry, &call);
            match Box::pin(self.consult(asked, effective, cache, &mut body)).await {
                Consulted::Hit(hit) => return Box::pin(self.record_hit(work, hit)).await,
                Consulted::Stale(hit, renewal) => {
                    let reply = Box::pin(self.record_hit(work, hit)).await;
                    StepCache::refresh(*renewal);
                    return reply;
                }
                Consulted::Refused(error) => {
                    return Box::pin(self.record_plain_failure(work, error, Vec::new(), 0)).await;
                }
                Consulted::Miss(miss) => {
                    Miss {
                        lead: _lead,
                        fill: work.fill,
                        why: work.miss,
                        stale,
                    } = miss;
                }
            }
        }
        self.begin_step().await;
        if entry.step.at_most_once
            && entry.step.on_error != OnError::Pause
            && let Err(error) = Box::pin(self.begin_once(&work.entry, 0)).await
        {
            return Box::pin(self.record_failure(work, error, Vec::new(), 0, entry)).await;
        }
        // Who was asked for help already is not passed over.
        if entry.step.on_error == OnError::Pause
            && (stale.is_none() || self.last_pause(&call.id.path).is_some())
        {
            return Box::pin(self.run_with_help(&call, work, entry, effective, &mut body)).await;
        }
        let first = self.first_attempt(&call.id.path);
        let done = self
            .attempts(&call, entry, effective, first, 1, &mut body)
            .await;
        match done.result {
            Ok((produced, changes)) => {
                self.record_success(work, produced, changes, done.events, done.count)
                    .await
            }
            Err(error) => match stale {
                Some(stale) => {
                    Box::pin(self.record_stale(work, stale, &error, done.events, done.count)).await
                }
                None => {
                    Box::pin(self.record_failure(work, error, done.events, done.count, entry)).await
                }
            },
        }
    }

    /// The attempt to begin with: a crash keeps the one that was under way.
    fn first_attempt(&self, path: &str) -> u32 {
        match self.resumes {
            0 => 1,
            _ => locked(&self.recorded).attempt_of(path),
        }
    }

    /// A step whose failures are brought before people.
    async fn run_with_help(
        self: &Arc<Self>,
        call: &CallOp,
        work: Work,
        entry: &StepEntry,
        options: &StepOptions,
        body: &mut Option<Body<'_>>,
    ) -> Result<Reply, Error> {
        let path = &call.id.path;
        let mut first = self.first_attempt(path);
        let mut base = 1;
        let mut number = 0;
        let mut pause = self.last_pause(path);
        loop {
            let (asked, events) = match pause.take() {
                Some(asked) => (asked, Vec::new()),
                None if entry.step.at_most_once
                    && let Err(error) = self.begin_once(&work.entry, number).await =>
                {
                    let asked = Pause {
                        number,
                        error: error.at(path).to_recorded(),
                        attempts: first - 1,
                    };
                    (asked, Vec::new())
                }
                None => {
                    let done = self.attempts(call, entry, options, first, base, body).await;
                    let error = match done.result {
                        Ok((produced, changes)) => {
                            return self
                                .record_success(work, produced, changes, done.events, done.count)
                                .await;
                        }
                        Err(error) => error.at(path),
                    };
                    let asked = Pause {
                        number,
                        error: error.to_recorded(),
                        attempts: done.count,
                    };
                    (asked, done.events)
                }
            };
            let output = || {
                let schema = InputSchema::new(&entry.output_schema());
                Json::encode(schema.document()).unwrap_or_else(|_| Json::null())
            };
            match self.ask_for_help(&work, &asked, events, output, body).await {
                Help::Retry(attempt) => {
                    base = attempt;
                    first = attempt.max(self.first_attempt(path));
                    number = asked.number + 1;
                }
                Help::Value(answer) => return self.record_given(work, answer, entry).await,
                Help::Skip => {
                    let error = Error::from_recorded(asked.error);
                    return self.record_skip(work, error, Vec::new(), entry).await;
                }
                Help::Fail => {
                    let error = Error::from_recorded(asked.error);
                    let attempts = asked.attempts;
                    return self
                        .record_plain_failure(work, error, Vec::new(), attempts)
                        .await;
                }
            }
        }
    }

    async fn attempts(
        self: &Arc<Self>,
        call: &CallOp,
        entry: &StepEntry,
        options: &StepOptions,
        first: u32,
        base: u32,
        body: &mut Option<Body<'_>>,
    ) -> Attempts {
        let path = &call.id.path;
        // Begun and completed: rarely more.
        let mut events = Vec::with_capacity(2);
        let mut attempt = first;
        loop {
            if !self.may_begin() {
                Box::pin(self.unless_interrupted(body, self.until_it_may_begin())).await;
            }
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
                attempt - base < retry.max
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
            let pause = retry.delay(attempt - base + 1, fastrand::f64());
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
            self.check_artifacts(entry, &json).await?;
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
            .scope(self.begun_meanwhile(running))
            .instrument(span);
        let (body, outcome) = match timeout {
            None => running.await,
            Some(limit) => match within(limit, context, running).await {
                Some(done) => done,
                None => {
                    context.end();
                    return Err(timed_out(limit, entry.step.at_most_once));
                }
            },
        };
        let produced = outcome?;
        self.check_artifacts(entry, &produced.json).await?;
        let by = || Arc::from(format!("{}/{}", self.id, call.id.path));
        let changes = body
            .state
            .changes(by)
            .map_err(|problem| Error::new(code::INVALID_STATE, problem).permanent())?;
        Ok((produced, changes))
    }

    /// Waits for the body. If it is the first and takes its time, that the run has begun does not wait for it, nor does the
    /// creation of a run that another one calls.
    async fn begun_meanwhile<T>(&self, mut running: BoxFuture<'static, T>) -> T {
        if self.announced.load(Ordering::Acquire) {
            return running.await;
        }
        let in_time = Box::pin(tokio::time::timeout(BEGUN_AFTER, &mut running));
        match in_time.await {
            Ok(done) => done,
            Err(_) => {
                // Together: the body may be about to commit something itself.
                tokio::join!(Box::pin(self.commit_begun()), running).1
            }
        }
    }
}

/// Waits for a body for so long. Waiting for people is not counted.
async fn within<T>(
    limit: Duration,
    context: &StepContext,
    running: impl Future<Output = T>,
) -> Option<T> {
    let mut running = std::pin::pin!(running);
    let begun = tokio::time::Instant::now();
    let mut over = std::pin::pin!(tokio::time::sleep_until(begun + limit));
    std::future::poll_fn(|cx| {
        use std::task::Poll;
        if let Poll::Ready(done) = running.as_mut().poll(cx) {
            return Poll::Ready(Some(done));
        }
        // Whoever ends a wait has this polled again.
        if context.is_waiting() {
            return Poll::Pending;
        }
        over.as_mut().reset(begun + limit + context.waited());
        over.as_mut().poll(cx).map(|()| None)
    })
    .await
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
