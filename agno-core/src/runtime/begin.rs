//! Begins runs that are not in the store yet.
//!
//! A run that somebody starts is in the store before it begins: its id is a promise, and what its first step does is
//! not done in vain. One that is called rides on its own first commit: its caller is in the store, and calls it
//! again.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use agno_storage::{
    Commit, Json, RunInput, RunRecord, RunStatus, SessionFields, SessionKey, StoreError,
};

use tokio::time::Instant;

use super::{
    RunHandle, Runtime,
    handle::Active,
    initial::{Given, Initial},
};
use crate::{
    engine::{Budget, NewCell, Recorded, RunCell},
    error::{Error, code},
    registry::Registered,
    state::snapshot,
};

/// A run that is not in the store yet.
pub(super) struct New {
    pub(super) registered: Arc<Registered>,
    pub(super) head: RunRecord,
    pub(super) input: Json,
    /// The state that the session begins with, and whether that replaces what it has.
    pub(super) given: Option<(Given, bool)>,
    pub(super) budget: Arc<Budget>,
    pub(super) watched: bool,
}

impl Runtime {
    /// Begins a run that somebody starts.
    pub(super) async fn begin(&self, new: New) -> Result<Active, Error> {
        let (cell, values, input) = self.prepared(new).await?;
        let runtime = self.clone();
        // A caller may be dropped while it waits; what is in the store then, runs.
        let begun = tokio::spawn(async move {
            cell.create().await?;
            Ok(runtime.spawn(cell, values, input))
        });
        begun
            .await
            .unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }

    /// Begins a run that another one calls, whose creation rides on its first commit.
    pub(super) async fn begin_riding(&self, new: New) -> Result<Active, Error> {
        let (cell, values, input) = self.prepared(new).await?;
        Ok(self.spawn(cell, values, input))
    }

    async fn prepared(&self, new: New) -> Result<(Arc<RunCell>, Json, Json), Error> {
        let New {
            registered,
            head,
            input,
            given,
            budget,
            watched,
        } = new;
        let values = registered
            .entry_values(&input)
            .map_err(|error| Error::new(code::INVALID_INPUT, error.to_string()).permanent())?;
        let cell = loop {
            let (initial, started_with) = self
                .started_with(&registered, &head, &input, given.as_ref())
                .await?;
            let cell = RunCell::new(NewCell {
                head: head.clone(),
                input: Some(started_with),
                registered: registered.clone(),
                runtime: self.clone(),
                budget: budget.clone(),
                recorded: Recorded::default(),
                inbox: HashSet::new(),
                kept: HashMap::new(),
                fields: initial.fields,
                watched,
                since: Instant::now(),
                read: 0,
            });
            match initial.delta {
                None => break cell,
                // The state is there from the run's first commit on, or the run is not.
                Some(delta) => match cell.create_with(delta).await {
                    Ok(()) => break cell,
                    // Another run has begun the session meanwhile.
                    Err(StoreError::Conflict(_)) => {}
                    Err(error) => return Err(error.into()),
                },
            }
        };
        Ok((cell, values, input))
    }

    pub(super) async fn fields_of(
        &self,
        registered: &Registered,
        key: &SessionKey,
    ) -> Result<SessionFields, Error> {
        let Some(state) = &registered.state else {
            return Ok(SessionFields::new());
        };
        let fields = self.storage().session(key).await?;
        (state.check)(&fields).map_err(|problem| {
            let problem = format!("session `{}`: {problem}", key.session);
            Error::new(code::INVALID_STATE, problem).permanent()
        })?;
        Ok(fields)
    }

    /// What the session holds when a run begins, and what is written down of it.
    async fn started_with(
        &self,
        registered: &Registered,
        head: &RunRecord,
        input: &Json,
        given: Option<&(Given, bool)>,
    ) -> Result<(Initial, RunInput), Error> {
        let key = SessionKey {
            workflow: registered.name.clone(),
            session: head.session.clone(),
        };
        let given = match given {
            Some((given, overwrite)) => {
                let stored = self.storage().session(&key).await?;
                given.apply(&stored, *overwrite, &head.id, &key)?
            }
            None => None,
        };
        let initial = match given {
            Some(initial) => initial,
            None => Initial {
                fields: self.fields_of(registered, &key).await?,
                delta: None,
            },
        };
        let started_with = RunInput {
            input: input.clone(),
            state: snapshot(&initial.fields),
        };
        fits(&started_with)?;
        Ok((initial, started_with))
    }

    /// Writes a run down for a worker, or for `resume`.
    pub(super) async fn put_down_as_pending<O>(
        &self,
        registered: &Arc<Registered>,
        mut head: RunRecord,
        input: Json,
        given: Option<(Given, bool)>,
    ) -> Result<RunHandle<O>, Error> {
        head.status = RunStatus::Pending;
        let id = head.id.clone();
        loop {
            let (initial, started_with) = self
                .started_with(registered, &head, &input, given.as_ref())
                .await?;
            let key = SessionKey {
                workflow: registered.name.clone(),
                session: head.session.clone(),
            };
            let mut commit = Commit::new(id.clone(), head.fence);
            commit.create = Some(Box::new((head.clone(), started_with)));
            commit.state = initial.delta.map(|delta| (key, delta));
            match self.storage().commit(commit).await {
                Ok(_) => break,
                // Another run has begun the session meanwhile.
                Err(StoreError::Conflict(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.0.shared.pending.notify_one();
        Ok(self.attach(&id).await?.retyped())
    }

    /// Writes down the run that goes on in the place of another.
    pub(crate) async fn put_down_next(
        &self,
        registered: &Arc<Registered>,
        head: RunRecord,
        input: Json,
    ) -> Result<(), Error> {
        match self
            .put_down_as_pending::<Json>(registered, head, input, None)
            .await
        {
            Ok(_) => Ok(()),
            Err(error) => match error.store_error() {
                // By the process that has crashed.
                Some(StoreError::RunExists { .. }) => Ok(()),
                _ => Err(error),
            },
        }
    }

    /// Resolves when a run is written down for a worker.
    pub(super) async fn put_down(&self) {
        self.0.shared.pending.notified().await;
    }
}

/// Input and state are stored together, with a little around them.
fn fits(input: &RunInput) -> Result<(), Error> {
    const LIMIT: usize = agno_storage::MAX_VALUE_BYTES - 4096;
    let state = input.state.as_ref().map_or(0, Json::len);
    let size = input.input.len() + state;
    if size > LIMIT {
        let problem = format!(
            "the input and the session's state are {size} bytes together, the limit is {LIMIT}: \
             store large data as an artifact, and pass its reference"
        );
        return Err(Error::new(code::INVALID_INPUT, problem).permanent());
    }
    Ok(())
}
