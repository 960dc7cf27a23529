//! What a step knows beside its input.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use agno_storage::{AgentEvent, Event, EventKind, Json, MemoryStorage, Storage};
use serde::{Serialize, de::DeserializeOwned};
use tokio_util::sync::CancellationToken;

use crate::{
    asking::{Activity, People},
    clock::now_micros,
    engine::{Refresh, RunCell},
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
pub struct StepContext(pub(crate) Arc<Inner>, Option<Arc<Scope>>);

/// A part of the step, which numbers its own memos and parts.
struct Scope {
    name: Arc<str>,
    numbers: Numbers,
    activity: Activity,
}

/// What tells memos and parts apart whose names repeat.
#[derive(Default)]
struct Numbers {
    memos: AtomicU32,
    /// How many parts of each name there are.
    parts: OnceLock<Mutex<HashMap<String, u32>>>,
}

pub(crate) struct Inner {
    of: Of,
    pub(crate) path: Arc<str>,
    pub(crate) attempt: u32,
    /// Made when it is first asked for: most steps never do.
    token: OnceLock<CancellationToken>,
    over: AtomicBool,
    numbers: Numbers,
    /// What the step has told so far and is not stored yet. Most steps tell nothing.
    events: OnceLock<Mutex<Vec<Told>>>,
    /// How much each part has concluded from its memos.
    conclusions: OnceLock<Mutex<HashMap<Arc<str>, u32>>>,
    started_at: u64,
    /// The attempt's beginning is stored, with a memo.
    opened: AtomicBool,
    /// Made when a person is first asked: most steps never do.
    pub(crate) people: OnceLock<People>,
}

/// An event that is not stored yet.
struct Told {
    event: Event,
    /// The memo that says it is stored, of one that would be told again after a crash.
    once: Option<Arc<str>>,
}

/// Whose step it is.
pub(crate) enum Of {
    Run(Arc<RunCell>),
    UnitTest(Box<UnitTest>),
    /// A computation beside the runs, for the step cache.
    Refresh(Arc<Refresh>),
}

/// What stands for a run where there is none.
pub(crate) struct UnitTest {
    info: RunInfo,
    artifacts: MemoryStorage,
}

impl Inner {
    fn info(&self) -> &RunInfo {
        match &self.of {
            Of::Run(cell) => &cell.info,
            Of::UnitTest(test) => &test.info,
            Of::Refresh(refresh) => &refresh.info,
        }
    }

    fn token(&self) -> &CancellationToken {
        self.token.get_or_init(|| {
            let token = match &self.of {
                Of::Run(cell) => cell.cancellation.child_token(),
                Of::UnitTest(_) => CancellationToken::new(),
                Of::Refresh(refresh) => refresh.token.child_token(),
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
        self.keep_once(event, None);
    }

    fn keep_once(&self, event: Event, once: Option<Arc<str>>) {
        locked(self.events.get_or_init(Mutex::default)).push(Told { event, once });
    }

    fn take_told(&self) -> Vec<Told> {
        let events = self.events.get();
        events.map_or_else(Vec::new, |events| std::mem::take(&mut *locked(events)))
    }
}

impl StepContext {
    /// A context for calling a step's method in a unit test, without an engine: attempt 1 of a
    /// run called `test`. Progress goes nowhere, memos are not kept, and artifacts are as long as
    /// the context is.
    pub fn for_test() -> Self {
        let info = RunInfo {
            run: Arc::from("test"),
            session: Arc::from("test"),
            user: None,
            metadata: None,
        };
        let test = UnitTest {
            info,
            artifacts: MemoryStorage::new(),
        };
        Self::new(Arc::from("test#0"), 1, 0, Of::UnitTest(Box::new(test)))
    }

    pub(crate) fn new(path: Arc<str>, attempt: u32, started_at: u64, of: Of) -> Self {
        let inner = Inner {
            of,
            path,
            attempt,
            token: OnceLock::new(),
            over: AtomicBool::new(false),
            numbers: Numbers::default(),
            events: OnceLock::new(),
            conclusions: OnceLock::new(),
            started_at,
            opened: AtomicBool::new(false),
            people: OnceLock::new(),
        };
        Self(Arc::new(inner), None)
    }

    /// The same context, for work inside a part: its memos and parts are named and numbered there.
    pub(crate) fn inside(&self, part: &Arc<str>) -> Self {
        let scope = Scope {
            name: part.clone(),
            numbers: Numbers::default(),
            activity: Activity::default(),
        };
        Self(self.0.clone(), Some(Arc::new(scope)))
    }

    /// The work of the part that this context is for, if it is for one.
    pub(crate) fn activity(&self) -> Option<&Activity> {
        self.1.as_ref().map(|scope| &scope.activity)
    }

    fn numbers(&self) -> &Numbers {
        self.1
            .as_ref()
            .map_or(&self.0.numbers, |scope| &scope.numbers)
    }

    /// A name in the part that this context is for, if it is for one.
    fn scoped(&self, name: String) -> String {
        match &self.1 {
            None => name,
            Some(scope) => format!("{}/{name}", scope.name),
        }
    }

    /// The attempt is over and its result not wanted any more.
    pub(crate) fn end(&self) {
        self.0.over.store(true, Ordering::Release);
        if let Some(token) = self.0.token.get() {
            token.cancel();
        }
    }

    pub(crate) fn take_events(&self) -> Vec<Event> {
        let told = self.0.take_told();
        told.into_iter().map(|told| told.event).collect()
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

    /// The store of artifacts.
    pub(crate) fn artifacts(&self) -> &dyn Storage {
        match &self.0.of {
            Of::Run(cell) => &*cell.storage,
            Of::UnitTest(test) => &test.artifacts,
            Of::Refresh(refresh) => &*refresh.storage,
        }
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

    /// What the run was started with beside its input, as a type: see
    /// [`Start::metadata`](crate::Start::metadata). A run without any has an empty object.
    ///
    /// # Errors
    ///
    /// When it does not read as a `T`.
    pub fn metadata<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.0.info().metadata()
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
    /// other step. A step that was running when the process ended runs again, with this key. A
    /// cached result that is computed anew beside the runs has a key of its own.
    pub fn idempotency_key(&self) -> String {
        if let Of::Refresh(refresh) = &self.0.of {
            return refresh.idempotency_key.clone();
        }
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
        let cell = match &self.0.of {
            Of::Run(cell) => cell,
            Of::Refresh(refresh) => return Err(refresh.needs_run()),
            Of::UnitTest(_) => {
                return work
                    .await
                    .map_err(|error| Error::from_boxed(error.into(), code::STEP));
            }
        };
        // The key may repeat in a loop: the ordinal among all memos of the attempt tells apart.
        let ordinal = self.numbers().memos.fetch_add(1, Ordering::Relaxed);
        let name = self.scoped(format!("{ordinal}.{key}"));
        let path = format!("{}!{}.{name}", self.0.path, self.0.attempt);
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
            let mut parts = locked(self.numbers().parts.get_or_init(Mutex::default));
            let next = parts.entry(name.to_owned()).or_default();
            *next += 1;
            *next - 1
        };
        let name = self.scoped(format!("{name}#{ordinal}"));
        Part::new(self.clone(), Arc::from(name))
    }

    pub(crate) fn recalled(&self, path: &str) -> Option<Json> {
        match &self.0.of {
            Of::Run(cell) => cell.recall(path),
            Of::UnitTest(_) | Of::Refresh(_) => None,
        }
    }

    /// Records a part of the step, with what was told so far.
    pub(crate) async fn memorise(&self, path: Arc<str>, json: Json) -> Result<(), Error> {
        let cell = match &self.0.of {
            Of::Run(cell) => cell,
            Of::Refresh(refresh) => return Err(refresh.needs_run()),
            Of::UnitTest(_) => return Ok(()),
        };
        // A task that outlives its attempt goes no further, and begins no effect.
        if self.0.over.load(Ordering::Acquire) {
            let problem = "the time of the attempt is over, and nothing is recorded for it";
            return Err(Error::new(code::CANCELLED, problem).permanent());
        }
        let mut memos = Vec::new();
        let mut events: Vec<Event> = self.opening().into_iter().collect();
        for told in self.0.take_told() {
            events.push(told.event);
            if let Some(once) = told.once {
                memos.push((once, Json::null(), std::mem::take(&mut events)));
            }
        }
        memos.push((path, json, events));
        cell.memorise(memos).await
    }

    /// The same, for a later attempt of this process to find as well. It is to find it also when
    /// this one is dropped while it waits for the store.
    pub(crate) async fn memorise_kept(&self, path: Arc<str>, json: Json) -> Result<(), Error> {
        if let Of::Run(cell) = &self.0.of
            && !self.0.over.load(Ordering::Acquire)
        {
            cell.keep_memo(path.clone(), json.clone());
        }
        self.memorise(path, json).await
    }

    /// What this attempt recorded at names that begin so, before the process ended.
    pub(crate) fn recalled_below(&self, name: &str) -> Vec<Json> {
        let Of::Run(cell) = &self.0.of else {
            return Vec::new();
        };
        let memos = cell.memos_of(&self.0.path, self.0.attempt);
        let below = |path: &str| {
            let memo = path.strip_prefix(&*self.0.path);
            let memo = memo.and_then(|memo| memo.split_once('.'));
            memo.is_some_and(|(_, memo)| memo.starts_with(name))
        };
        let memos = memos.into_iter().filter(|memo| below(&memo.path));
        memos.filter_map(|memo| memo.output).collect()
    }

    pub(crate) fn tell_agent(
        &self,
        part: &Arc<str>,
        agent: &Arc<str>,
        team: Option<&Arc<str>>,
        what: AgentEvent,
    ) {
        let Of::Run(cell) = &self.0.of else {
            return;
        };
        let live_only = matches!(what, AgentEvent::Content { .. });
        let once = is_concluded(&what).then(|| self.conclusion(part));
        if once
            .as_ref()
            .is_some_and(|once| cell.recall(once).is_some())
        {
            return;
        }
        cell.budget.count_turn(&what);
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
            self.0.keep_once(event, once);
        }
    }

    /// The memo that says that a part's next conclusion is stored.
    fn conclusion(&self, part: &Arc<str>) -> Arc<str> {
        let mut conclusions = locked(self.0.conclusions.get_or_init(Mutex::default));
        let next = conclusions.entry(part.clone()).or_default();
        *next += 1;
        let (step, attempt) = (&self.0.path, self.0.attempt);
        Arc::from(format!("{step}!{attempt}.{part}.told.{next}"))
    }
}

/// What an agent concludes from its memos alone, and therefore concludes again after a crash.
fn is_concluded(what: &AgentEvent) -> bool {
    matches!(
        what,
        AgentEvent::Repair { .. } | AgentEvent::Completed { .. } | AgentEvent::Failed { .. }
    )
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
