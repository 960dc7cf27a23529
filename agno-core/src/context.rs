//! What a step knows beside its input.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use agno_storage::{AgentEvent, Event, EventKind, Json};
use serde::{Serialize, de::DeserializeOwned};
use tokio_util::sync::CancellationToken;

use crate::{
    clock::now_micros,
    engine::RunCell,
    error::{BoxError, Error, code},
    flow::RunInfo,
    part::Part,
    state::{State, StateSlot},
    sync::locked,
};

/// One call of a step's body: the state it may change, and its context.
#[derive(Debug)]
pub struct Call {
    /// The state, if the step takes it.
    pub state: StateSlot,
    /// The context, if the step takes it.
    pub context: StepContext,
}

impl Call {
    /// The state, for a workflow declared by hand.
    pub fn state<S: State>(&mut self) -> &mut S {
        self.state.get()
    }
}

/// What a step knows beside its input. A step takes it as `context: &StepContext`.
#[derive(Clone)]
pub struct StepContext(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    of: Of,
    pub(crate) path: Arc<str>,
    pub(crate) attempt: u32,
    /// Made when it is first asked for: most steps never do.
    token: OnceLock<CancellationToken>,
    over: AtomicBool,
    memos: AtomicU32,
    /// How many parts of each name there are.
    parts: OnceLock<Mutex<HashMap<String, u32>>>,
    /// What the step has told so far and is not stored yet. Most steps tell nothing.
    events: OnceLock<Mutex<Vec<Event>>>,
    started_at: u64,
    /// The attempt's beginning is stored, with a memo.
    opened: AtomicBool,
}

/// Whose step it is.
pub(crate) enum Of {
    Run(Arc<RunCell>),
    UnitTest(RunInfo),
}

impl Inner {
    fn info(&self) -> &RunInfo {
        match &self.of {
            Of::Run(cell) => &cell.info,
            Of::UnitTest(info) => info,
        }
    }

    fn token(&self) -> &CancellationToken {
        self.token.get_or_init(|| {
            let token = match &self.of {
                Of::Run(cell) => cell.cancellation.child_token(),
                Of::UnitTest(_) => CancellationToken::new(),
            };
            if self.over.load(Ordering::Acquire) {
                token.cancel();
            }
            token
        })
    }

    fn progress(&self, message: String, fraction: Option<f64>) {
        let Of::Run(cell) = &self.of else {
            return;
        };
        let message = crate::error::bounded(message);
        let event = Event {
            at: now_micros(),
            kind: EventKind::StepProgress {
                path: self.path.clone(),
                message,
                fraction,
            },
        };
        cell.tell(&event);
        self.keep(event);
    }

    fn keep(&self, event: Event) {
        locked(self.events.get_or_init(Mutex::default)).push(event);
    }
}

impl StepContext {
    /// A context for calling a step's method in a unit test, without an engine: attempt 1 of a
    /// run called `test`. Progress goes nowhere and memos are not kept.
    pub fn for_test() -> Self {
        let info = RunInfo {
            run: Arc::from("test"),
            session: Arc::from("test"),
            user: None,
        };
        Self::new(Arc::from("test#0"), 1, 0, Of::UnitTest(info))
    }

    pub(crate) fn new(path: Arc<str>, attempt: u32, started_at: u64, of: Of) -> Self {
        Self(Arc::new(Inner {
            of,
            path,
            attempt,
            token: OnceLock::new(),
            over: AtomicBool::new(false),
            memos: AtomicU32::new(0),
            parts: OnceLock::new(),
            events: OnceLock::new(),
            started_at,
            opened: AtomicBool::new(false),
        }))
    }

    /// The attempt is over and its result not wanted any more.
    pub(crate) fn end(&self) {
        self.0.over.store(true, Ordering::Release);
        if let Some(token) = self.0.token.get() {
            token.cancel();
        }
    }

    pub(crate) fn take_events(&self) -> Vec<Event> {
        let events = self.0.events.get();
        events.map_or_else(Vec::new, |events| std::mem::take(&mut *locked(events)))
    }

    /// The attempt's beginning, unless a memo has taken it along.
    pub(crate) fn opening(&self) -> Option<Event> {
        let first = !self.0.opened.swap(true, Ordering::AcqRel);
        first.then(|| Event {
            at: self.0.started_at,
            kind: EventKind::StepStarted {
                path: self.0.path.clone(),
                attempt: self.0.attempt,
            },
        })
    }

    pub(crate) fn of(&self) -> &Of {
        &self.0.of
    }

    /// The run's id.
    pub fn run_id(&self) -> &str {
        &self.0.info().run
    }

    /// The session's name.
    pub fn session_id(&self) -> &str {
        &self.0.info().session
    }

    /// The user the run is for, if one was named.
    pub fn user_id(&self) -> Option<&str> {
        self.0.info().user.as_deref()
    }

    /// The step's path in the run: `map#1[3]/read#0`.
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// Which attempt this is, from 1.
    pub fn attempt(&self) -> u32 {
        self.0.attempt
    }

    /// A key for services that accept one: the same over retries and resumes, another for every
    /// other step. A step that was running when the process ended runs again, with this key.
    pub fn idempotency_key(&self) -> String {
        format!("{}:{}", self.0.info().run, self.0.path)
    }

    /// Cancelled when the run is, or when the attempt's time is over. Asynchronous steps are
    /// dropped then, without doing anything; blocking ones should look at it now and again.
    pub fn cancellation(&self) -> &CancellationToken {
        self.0.token()
    }

    /// Whether the result is still wanted.
    pub fn is_cancelled(&self) -> bool {
        self.0.token().is_cancelled()
    }

    /// Tells how far the step is. The text is shown live and stored with the step's result.
    pub fn progress(&self, message: impl Into<String>) {
        self.0.progress(message.into(), None);
    }

    /// Tells how far the step is, with the part that is done, from 0 to 1.
    pub fn progress_at(&self, fraction: f64, message: impl Into<String>) {
        self.0
            .progress(message.into(), Some(fraction.clamp(0.0, 1.0)));
    }

    /// Does a part of the step once: its result is recorded under `key`, and after a crash the
    /// recorded one is returned instead of doing it again. A failed attempt forgets its memos.
    ///
    /// # Errors
    ///
    /// What the work returned, or a value that does not survive being saved and read back.
    pub async fn memo<T, E>(
        &self,
        key: &str,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Error>
    where
        T: Serialize + DeserializeOwned,
        E: Into<BoxError>,
    {
        let Of::Run(cell) = &self.0.of else {
            return work
                .await
                .map_err(|error| Error::from_boxed(error.into(), code::STEP));
        };
        // The key may repeat in a loop: the ordinal among all memos of the attempt tells apart.
        let ordinal = self.0.memos.fetch_add(1, Ordering::Relaxed);
        let path = format!("{}!{}.{ordinal}.{key}", self.0.path, self.0.attempt);
        if let Some(recorded) = cell.recall(&path) {
            return Ok(recorded.decode()?);
        }
        let value = work
            .await
            .map_err(|error| Error::from_boxed(error.into(), code::STEP))?;
        let unsaved = |error: serde_json::Error| {
            let problem = format!("the memo `{key}` does not survive being saved: {error}");
            Error::new(code::INVALID_OUTPUT, problem).permanent()
        };
        let json = Json::encode(&value).map_err(unsaved)?;
        let value = json.decode().map_err(unsaved)?;
        self.memorise(Arc::from(path), json).await?;
        Ok(value)
    }

    /// A part of the step with memos of its own: the work of an agent, say. Parts of one name are
    /// told apart by their order.
    pub fn part(&self, name: &str) -> Part {
        let ordinal = {
            let mut parts = locked(self.0.parts.get_or_init(Mutex::default));
            let next = parts.entry(name.to_owned()).or_default();
            *next += 1;
            *next - 1
        };
        Part::new(self.clone(), Arc::from(format!("{name}#{ordinal}")))
    }

    pub(crate) fn recalled(&self, path: &str) -> Option<Json> {
        match &self.0.of {
            Of::Run(cell) => cell.recall(path),
            Of::UnitTest(_) => None,
        }
    }

    /// Records a part of the step, with what was told so far.
    pub(crate) async fn memorise(&self, path: Arc<str>, json: Json) -> Result<(), Error> {
        let Of::Run(cell) = &self.0.of else {
            return Ok(());
        };
        let mut events: Vec<Event> = self.opening().into_iter().collect();
        events.extend(self.take_events());
        cell.memorise(path, json, events).await
    }

    /// The same, for a later attempt of this process to find as well.
    pub(crate) async fn memorise_kept(&self, path: Arc<str>, json: Json) -> Result<(), Error> {
        self.memorise(path.clone(), json.clone()).await?;
        if let Of::Run(cell) = &self.0.of {
            cell.keep_memo(path, json);
        }
        Ok(())
    }

    pub(crate) fn tell_agent(&self, agent: &Arc<str>, team: Option<&Arc<str>>, what: AgentEvent) {
        let Of::Run(cell) = &self.0.of else {
            return;
        };
        let live_only = matches!(what, AgentEvent::Content { .. });
        let event = Event {
            at: now_micros(),
            kind: EventKind::Agent {
                path: self.0.path.clone(),
                agent: agent.clone(),
                team: team.cloned(),
                what,
            },
        };
        cell.tell(&event);
        if !live_only {
            self.0.keep(event);
        }
    }
}

impl fmt::Debug for StepContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StepContext")
            .field("run", &self.0.info().run)
            .field("path", &self.0.path)
            .field("attempt", &self.0.attempt)
            .finish_non_exhaustive()
    }
}
