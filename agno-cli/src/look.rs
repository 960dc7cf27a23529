//! Looking at runs, whoever has the store.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use agno_core::{Error, RunDetails, RunId, RunQuery, RunRecord, RunStatus, storage::StoreError};

use serde::de::DeserializeOwned;

use crate::{
    app::Session,
    failure::Failure,
    owner::{self, Control, Following, Owner, OwnerStorage, Owning, Serving, Unanswered},
    progress::screen::say,
    signals::Signals,
    text,
};

/// Runs that somebody is working on.
#[derive(Debug, Default)]
pub(crate) struct Working(HashMap<RunId, Option<String>>);

impl Working {
    pub(crate) fn contains(&self, run: &RunId) -> bool {
        self.0.contains_key(run)
    }

    /// Who has it, if another process that shares the store has.
    pub(crate) fn by(&self, run: &RunId) -> Option<&str> {
        self.0.get(run)?.as_deref()
    }
}

/// Which side of looking on a command is at.
#[derive(Debug, Default)]
pub(crate) struct Looking {
    /// Another process has the store.
    at: OnceLock<Arc<OwnerStorage>>,
    /// This one has it, and answers others.
    serving: Mutex<Option<Serving>>,
}

impl Session {
    /// Opens the store for a verb that does not run anything: through the process that has it, if
    /// there is one.
    pub(crate) async fn look(&self, verb: &str) -> Result<(), Failure> {
        self.is_there(verb)?;
        let error = match self.url.open().await {
            Ok(storage) => {
                self.store.set(storage);
                return Ok(());
            }
            Err(error) => error,
        };
        let Some(StoreError::Locked { path, holder }) = error.store_error() else {
            return Err(self.not_open(&error, verb));
        };
        let owner = Owner::new(path.clone(), holder.clone());
        let config = self.url.config();
        let config = config.map_err(|error| self.not_open(&error, verb))?.clone();
        match OwnerStorage::reach(config, owner).await {
            Ok(found) => {
                let found = self.looking.at.get_or_init(|| Arc::new(found));
                self.store.set(found.clone());
                Ok(())
            }
            Err(problem) => {
                let failure = self.not_open(&error, verb);
                Err(failure.note(match problem {
                    Unanswered::Gone(_) => "it answers no other process".to_owned(),
                    Unanswered::Mute(error) => {
                        format!(
                            "it cannot be asked: {}",
                            text::line(&error.to_string(), 400)
                        )
                    }
                    Unanswered::Fault(_) => "it refuses to answer".to_owned(),
                }))
            }
        }
    }

    /// Answers other processes, from now on. Does nothing if another one has the store, nor for a store
    /// that any number of them open by themselves.
    pub(crate) fn serve(&self, owning: Owning) {
        let at = self.looking.at.get();
        let is_elsewhere = at.is_some_and(|at| at.owner().is_some());
        let Some(directory) = self.url.directory() else {
            return;
        };
        if is_elsewhere || self.serving().is_some() {
            return;
        }
        match Serving::begin(self.runtime.clone(), owning, directory) {
            Ok(serving) => *self.serving() = Some(serving),
            Err(error) if error.kind() == io::ErrorKind::Unsupported => {}
            // The runs do not need it.
            Err(error) => tracing::warn!(%error, "other processes cannot look on"),
        }
    }

    /// Answers nobody any more, at once.
    pub(crate) fn hide(&self) {
        drop(self.serving().take());
    }

    /// Sees to the runs that others have asked for, and then answers nobody any more.
    pub(crate) async fn leave(&self) {
        let Some(serving) = self.serving().take() else {
            return;
        };
        loop {
            let guests = serving.guests().await;
            if guests.is_empty() {
                break;
            }
            let number = text::count(guests.len(), "run");
            say(&format!(
                "waits for {number} of other processes; press Ctrl-C to interrupt"
            ));
            let ended = async {
                for guest in &guests {
                    guest.outcome().await;
                }
            };
            tokio::pin!(ended);
            tokio::select! {
                () = &mut ended => continue,
                () = asked_to_stop() => guests.iter().for_each(agno_core::RunHandle::interrupt),
            }
            tokio::select! {
                () = ended => {}
                () = asked_to_stop() => break,
            }
        }
        serving.stop().await;
    }

    fn serving(&self) -> std::sync::MutexGuard<'_, Option<Serving>> {
        let serving = self.looking.serving.lock();
        serving.unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs, newest first, and which of them somebody is working on.
    ///
    /// # Errors
    ///
    /// When the store, or the process that has it, does not answer.
    pub(crate) async fn runs(&self, query: RunQuery) -> Result<(Vec<RunRecord>, Working), Error> {
        let mut runs = self.runtime.runs(query.clone()).await?;
        let running: Vec<_> = runs
            .iter()
            .filter(|run| run.status == RunStatus::Running)
            .map(|run| run.id.clone())
            .collect();
        let active = self.active(running).await?;
        for run in &mut runs {
            // It may have ended since.
            if run.status == RunStatus::Running
                && !active.contains(&run.id)
                && let Some(now) = self.runtime.storage().run(&run.id).await?
            {
                *run = now;
            }
        }
        runs.retain(|run| query.accepts(run));
        Ok((runs, active))
    }

    /// Everything that is recorded of a run, and whether somebody is working on it.
    ///
    /// # Errors
    ///
    /// Those of `Runtime::inspect`.
    pub(crate) async fn inspect(&self, id: &RunId) -> Result<RunDetails, Error> {
        let mut details = self.runtime.inspect(id).await?;
        if details.record.status == RunStatus::Running {
            let is_active = self.active(vec![id.clone()]).await?.contains(id);
            if !is_active && details.held_by.is_none() {
                // It may have ended since.
                details = self.runtime.inspect(id).await?;
            }
            details.is_active = is_active || details.held_by.is_some();
        }
        Ok(details)
    }

    async fn active(&self, runs: Vec<RunId>) -> Result<Working, Error> {
        if runs.is_empty() {
            return Ok(Working::default());
        }
        if let Some(active) = self.control::<RunId>(Control::Active(runs.clone())).await? {
            let active = active.into_iter().map(|run| (run, None));
            return Ok(Working(active.collect()));
        }
        let (here, others): (Vec<_>, Vec<_>) = runs
            .into_iter()
            .partition(|run| self.runtime.is_active(run));
        let held = self.runtime.storage().holders(others).await?;
        let held = held.into_iter().map(|held| (held.run, Some(held.name)));
        let here = here.into_iter().map(|run| (run, None));
        Ok(Working(held.chain(here).collect()))
    }

    /// Who works on a run, if another process that shares the store does.
    pub(crate) async fn holder(&self, run: &RunId) -> Result<Option<String>, Error> {
        let active = self.active(vec![run.clone()]).await?;
        Ok(active.by(run).map(str::to_owned))
    }

    /// Has the process do something that has the store. `None` when that is this one: it does it
    /// itself, with its runtime.
    ///
    /// # Errors
    ///
    /// What the other process says to it, or that it does not answer.
    pub(crate) async fn control<T: DeserializeOwned>(
        &self,
        control: Control,
    ) -> Result<Option<Vec<T>>, Error> {
        match self.looking.at.get() {
            Some(owner) => owner.control(control).await,
            None => Ok(None),
        }
    }

    /// The events of a run from a number on, until it ends or stops. `live`: with those that are
    /// not stored yet.
    pub(crate) fn follow(&self, run: &RunId, from: u64, live: bool) -> Following {
        let owner = self.looking.at.get().cloned();
        Following::new(self.runtime.clone(), owner, run.clone(), from, live)
    }

    /// Ends a run. Answers its head as it is then.
    ///
    /// # Errors
    ///
    /// When there is no such run, or the store, or the process that has it, does not answer.
    pub(crate) async fn cancel(&self, run: &RunId) -> Result<RunRecord, Error> {
        if let Some(mut answer) = self.control(Control::Cancel(run.clone())).await? {
            let record = answer.pop();
            return record.ok_or_else(|| StoreError::RunNotFound { run: run.clone() }.into());
        }
        owner::cancel(&self.runtime, run).await
    }
}

/// Waits for Ctrl-C.
async fn asked_to_stop() {
    match Signals::new() {
        Ok(mut signals) => signals.next().await,
        Err(_) => std::future::pending().await,
    }
}
