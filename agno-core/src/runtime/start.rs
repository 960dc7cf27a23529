//! Starting runs.

use std::{
    future::{Future, IntoFuture},
    marker::PhantomData,
    pin::Pin,
    sync::Arc,
};

use agno_storage::{CacheMode, EventPolicy, Json, Limits, RunId, RunRecord, RunStatus, StoreError};
use serde::Serialize;

use super::{
    RunHandle, Runtime, begin::New, initial::Given, people::is_faster_elsewhere, resume::Again,
    run_id,
};
use crate::{
    artifact::refuse_missing,
    clock::now_micros,
    engine::{Budget, Used, check_events},
    error::{Error, code},
    registry::{Registered, Workflow},
    state::State,
};

/// The session of runs that name none.
const DEFAULT_SESSION: &str = "default";

/// A run about to be started. Awaited, it is in the store, starts, and answers its handle: whatever happens from then on, the
/// run can be resumed.
#[must_use = "a run starts when this is awaited: write `.await?`"]
pub struct Start<W: Workflow> {
    inner: StartJson,
    workflow: PhantomData<fn(W)>,
}

/// A run about to be started with input as JSON. Awaited, it is in the store, starts, and answers its handle: whatever happens
/// from then on, the run can be resumed.
#[must_use = "a run starts when this is awaited: write `.await?`"]
pub struct StartJson {
    runtime: Runtime,
    input: Result<(Arc<Registered>, Json), Error>,
    session: Option<String>,
    user: Option<String>,
    id: Option<String>,
    cache: Option<CacheMode>,
    watched: bool,
    detached: bool,
    limits: Option<Limits>,
    events: Option<EventPolicy>,
    metadata: Option<Result<Json, Error>>,
    state: Option<Given>,
    overwrite: bool,
}

macro_rules! options {
    ($self:ident => $inner:expr) => {
        /// The session: runs of one session share its state. Default: `default`.
        pub fn session(mut $self, session: impl Into<String>) -> Self {
            $inner.session = Some(session.into());
            $self
        }

        /// The user the run is for. Default: none.
        pub fn user(mut $self, user: impl Into<String>) -> Self {
            $inner.user = Some(user.into());
            $self
        }

        /// The run's id. Starting it again answers the same run, if the input is the same.
        /// Default: a new one.
        pub fn run_id(mut $self, id: impl Into<String>) -> Self {
            $inner.id = Some(id.into());
            $self
        }

        /// Runs every step, whatever the step cache holds. Results are stored in it.
        /// Short for `.cache_mode(CacheMode::Refresh)`.
        pub fn no_cache($self) -> Self {
            $self.cache_mode(CacheMode::Refresh)
        }

        /// How the run uses the step cache, over all its resumes and with the runs that it calls,
        /// where a call does not say it itself. Default: [`CacheMode::Use`].
        pub fn cache_mode(mut $self, mode: CacheMode) -> Self {
            $inner.cache = Some(mode);
            $self
        }

        /// Writes the run down as pending and begins nothing: a [`Worker`](super::Worker) over the
        /// same store runs it, or [`Runtime::resume`].
        pub fn detached(mut $self) -> Self {
            $inner.detached = true;
            $self
        }

        /// What the run may use, over all its resumes and with the runs that it calls. Exceeded,
        /// it fails as [`ErrorKind::Limit`](crate::ErrorKind::Limit), and what it has finished is
        /// kept. Default: that of [`RuntimeBuilder::limits`](super::RuntimeBuilder::limits).
        pub fn limits(mut $self, limits: Limits) -> Self {
            $inner.limits = Some(limits);
            $self
        }

        /// Which of the run's events are stored and told, over all its resumes and with the runs
        /// that it calls. How it begins and ends, and what people are asked, is stored in any
        /// case; nothing of a run depends on the others. A name in `events_to_skip` that no event
        /// has starts nothing. Default: that of
        /// [`RuntimeBuilder::events`](super::RuntimeBuilder::events).
        pub fn events(mut $self, policy: EventPolicy) -> Self {
            $inner.events = Some(policy);
            $self
        }

        /// What to remember with the run: anything that is a JSON object. The flow and its steps
        /// read it, runs that it calls get it as well, and it is shown with the run. It is at most
        /// 64 KiB; anything else starts nothing. Default: none.
        pub fn metadata(mut $self, metadata: impl Serialize) -> Self {
            $inner.metadata = Some(object(&metadata));
            $self
        }

        /// The state that the session begins with, if it is new. One that has a state keeps it.
        /// Default: that of its type.
        ///
        /// Starting fails as [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when the
        /// workflow has no state, or another.
        pub fn state<S: State>(mut $self, state: S) -> Self {
            $inner.state = Some(Given::new(&state));
            $self
        }

        /// With [`state`](Self::state): the given one takes the place of what the session has,
        /// whatever the merge rules of its fields, together with the run's creation.
        pub fn overwrite_state(mut $self) -> Self {
            $inner.overwrite = true;
            $self
        }

        /// Keeps the live events from the very beginning, for a
        /// [`RunHandle::events`](super::RunHandle::events) that comes after the start.
        pub fn watched(mut $self) -> Self {
            $inner.watched = true;
            $self
        }
    };
}

impl<W: Workflow> Start<W> {
    options!(self => self.inner);
}

impl StartJson {
    options!(self => self);
}

impl<W: Workflow> std::fmt::Debug for Start<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Start({})", W::NAME)
    }
}

impl std::fmt::Debug for StartJson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StartJson")
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

impl<W: Workflow> IntoFuture for Start<W> {
    type Output = Result<RunHandle<W::Output>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.inner.start())
    }
}

impl IntoFuture for StartJson {
    type Output = Result<RunHandle, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.start())
    }
}

impl Runtime {
    /// Starts a run. The input is checked first; bad input starts nothing.
    // Taken by value, so that a caller cannot go on to change what the run was started with.
    #[expect(clippy::needless_pass_by_value)]
    pub fn start<W: Workflow>(&self, input: W::Input) -> Start<W> {
        let checked = self.registered::<W>().and_then(|registered| {
            let json = (registered.entry().encode_input)(&input)?;
            registered.check_typed(&json)?;
            Ok((registered, json))
        });
        Start {
            inner: self.prepare(checked),
            workflow: PhantomData,
        }
    }

    /// Starts a run of a workflow by name, with input as JSON text. All that is wrong with it is
    /// told at once, and starts nothing.
    pub fn start_json(&self, workflow: &str, input: &str) -> StartJson {
        let checked = self.find(workflow).and_then(|registered| {
            let value = registered
                .input_schema()
                .check(input)
                .map_err(Error::input)?;
            let json = Json::encode(&value)
                .map_err(|error| Error::new(code::INVALID_INPUT, error.to_string()).permanent())?;
            registered.check_decodes(&json)?;
            Ok((registered.clone(), json))
        });
        self.prepare(checked)
    }

    fn prepare(&self, input: Result<(Arc<Registered>, Json), Error>) -> StartJson {
        StartJson {
            runtime: self.clone(),
            input,
            session: None,
            user: None,
            id: None,
            cache: None,
            watched: false,
            detached: false,
            limits: self.0.limits,
            events: self.0.events.clone(),
            metadata: None,
            state: None,
            overwrite: false,
        }
    }
}

impl StartJson {
    async fn start<O>(self) -> Result<RunHandle<O>, Error> {
        let (registered, input) = self.input?;
        let runtime = self.runtime;
        if registered.takes_artifacts() {
            let name = registered.input_schema().type_name();
            refuse_missing(&**runtime.storage(), name, &input).await?;
        }
        let session = name(
            "session",
            self.session.unwrap_or_else(|| DEFAULT_SESSION.to_owned()),
        )?;
        let user = self.user.map(|user| name("user", user)).transpose()?;
        let metadata = self.metadata.transpose()?;
        if let Some(policy) = &self.events {
            check_events(policy)?;
        }
        if let Some(state) = &self.state {
            state.check(&registered)?;
        }
        let given = self.state.map(|state| (state, self.overwrite));
        let mut turn = None;
        let id = match self.id {
            None => run_id::new(),
            Some(id) => {
                let id = RunId::new(id)?;
                turn = Some(runtime.0.shared.beginning.lock().await);
                if let Some(known) = runtime.same_run(&id, &registered, &input, &session).await? {
                    return Ok(known.retyped());
                }
                id
            }
        };
        let head = RunRecord {
            version: registered.version,
            user,
            limits: self.limits.map(Box::new),
            events: self.events.map(Box::new),
            cache: self.cache,
            metadata,
            ..RunRecord::new(
                id.clone(),
                registered.name.clone(),
                session.clone(),
                now_micros(),
            )
        };
        let begun = if self.detached {
            runtime
                .put_down_as_pending(&registered, head, input.clone(), given)
                .await
        } else {
            let new = New {
                budget: Budget::new(head.limits.as_deref(), Used::default()),
                registered: registered.clone(),
                head,
                input: input.clone(),
                given,
                watched: self.watched,
            };
            let active = runtime.begin(new).await;
            active.map(|active| runtime.handle_of(&active))
        };
        match begun {
            // Another process was given the same id, and was first.
            Err(error) if turn.is_some() && is_there(&error) => {
                let known = runtime.same_run(&id, &registered, &input, &session);
                known.await?.map(RunHandle::retyped).ok_or(error)
            }
            begun => begun,
        }
    }
}

fn is_there(error: &Error) -> bool {
    matches!(error.store_error(), Some(StoreError::RunExists { .. }))
}

/// Metadata as it is stored.
fn object(metadata: &impl Serialize) -> Result<Json, Error> {
    const LIMIT: usize = 64 * 1024;
    let refused = |problem: String| {
        let problem = format!("the metadata is not kept: {problem}");
        Err(Error::new(code::INVALID_INPUT, problem).permanent())
    };
    match Json::encode(metadata) {
        Ok(json) if !json.as_str().starts_with('{') => {
            refused("it is to be a JSON object".to_owned())
        }
        Ok(json) if json.len() > LIMIT => {
            refused(format!("it has {} bytes, the limit is {LIMIT}", json.len()))
        }
        Ok(json) => Ok(json),
        Err(error) => refused(error.to_string()),
    }
}

/// A name of a session or user: any text of a readable length, without control characters.
pub(super) fn name(what: &'static str, name: String) -> Result<Arc<str>, Error> {
    if name.is_empty() || name.len() > 200 || name.chars().any(char::is_control) {
        let problem = format!(
            "`{}` is not the name of a {what}: 1 to 200 bytes without control characters",
            name.chars()
                .take(40)
                .flat_map(char::escape_debug)
                .collect::<String>()
        );
        return Err(Error::new(code::INVALID_INPUT, problem).permanent());
    }
    Ok(Arc::from(name))
}

impl Runtime {
    /// A run of this id, if there is one: taken up again where it stands. Another input is a
    /// conflict.
    async fn same_run(
        &self,
        id: &RunId,
        registered: &Arc<Registered>,
        input: &Json,
        session: &str,
    ) -> Result<Option<RunHandle>, Error> {
        let other = |workflow: &str, session: &str| {
            let problem = format!(
                "run `{id}` exists already, of workflow `{workflow}` in session `{session}` with \
                 its own input: choose another id, or resume it"
            );
            Err(Error::new(code::CONFLICT, problem).permanent())
        };
        if let Some(active) = self.active(id) {
            let cell = &active.cell;
            let same = cell.registered.name == registered.name
                && &*cell.info.session == session
                && active.input == *input;
            if !same {
                return other(&cell.registered.name, &cell.info.session);
            }
            return Ok(Some(self.handle_of(&active)));
        }
        let Some(record) = self.storage().run(id).await? else {
            return Ok(None);
        };
        let recorded = self.storage().input(id).await?;
        let same = record.workflow == registered.name
            && &*record.session == session
            && recorded.is_some_and(|recorded| recorded.input == *input);
        if !same {
            return other(&record.workflow, &record.session);
        }
        match record.status {
            RunStatus::Completed | RunStatus::Cancelled => self.attach(id).await.map(Some),
            _ => match self.resume_in_turn(id, Again::Failure).await {
                Err(error) if is_faster_elsewhere(&error) => self.attach(id).await.map(Some),
                resumed => resumed.map(Some),
            },
        }
    }
}

impl Registered {
    /// A typed input has the right types; what its attributes ask beyond them is checked.
    pub(crate) fn check_typed(&self, json: &Json) -> Result<(), Error> {
        if !self.input_has_limits() {
            return Ok(());
        }
        self.input_schema()
            .check(json.as_str())
            .map(drop)
            .map_err(Error::input)
    }

    /// What the schema lets pass and serde does not: a type with a `Deserialize` of its own.
    fn check_decodes(&self, json: &Json) -> Result<(), Error> {
        let values = self.entry_values(json);
        let checked = values.and_then(|values| (self.entry().check)(&values));
        checked.map_err(|error| {
            Error::new(
                code::INVALID_INPUT,
                format!("the input cannot be read: {error}"),
            )
            .permanent()
        })
    }
}
