//! Runs that another run has called.

use agno_storage::{CacheMode, EventPolicy, Json, Parent, RunId, RunRecord, RunStatus};
use std::sync::Arc;

use super::{
    RunHandle, Runtime,
    begin::New,
    resume::{Again, TRIES},
};
use crate::{
    clock::now_micros,
    engine::Budget,
    error::{Error, code},
};

/// A run that another run calls.
#[derive(Clone, Debug)]
pub(crate) struct Called {
    pub(crate) id: RunId,
    pub(crate) workflow: Arc<str>,
    pub(crate) input: Json,
    pub(crate) session: Arc<str>,
    pub(crate) user: Option<Arc<str>>,
    pub(crate) parent: Parent,
    pub(crate) metadata: Option<Json>,
    pub(crate) events: Arc<EventPolicy>,
    pub(crate) cache: Option<CacheMode>,
    /// Its failure is recorded with its caller and is tried again.
    pub(crate) retry: bool,
    /// Of the outermost run.
    pub(crate) budget: Arc<Budget>,
}

impl Runtime {
    /// Begins a called run, or takes it up where it stands.
    pub(crate) async fn begin_called(&self, called: &Called) -> Result<RunHandle, Error> {
        let _turn = loop {
            let turn = self.0.shared.beginning.lock().await;
            let Some(active) = self.active(&called.id) else {
                break turn;
            };
            if !active.cell.cancellation.is_cancelled() {
                return Ok(self.handle_of(&active));
            }
            // Given up by an earlier attempt: it is taken up again once it has ended.
            drop(turn);
            self.handle_of::<agno_storage::Json>(&active)
                .outcome()
                .await;
        };
        let mut tries = 1;
        loop {
            match self.begin_or_take_up(called).await {
                Err(error) if tries < TRIES && self.has_changed(&error) => tries += 1,
                begun => return begun,
            }
        }
    }

    async fn begin_or_take_up(&self, called: &Called) -> Result<RunHandle, Error> {
        let Some(record) = self.storage().run(&called.id).await? else {
            let registered = self.find(&called.workflow)?.clone();
            let head = RunRecord {
                version: registered.version,
                user: called.user.clone(),
                parent: Some(Box::new(called.parent.clone())),
                metadata: called.metadata.clone(),
                events: Some(Box::new(EventPolicy::clone(&called.events))),
                cache: called.cache,
                ..RunRecord::new(
                    called.id.clone(),
                    called.workflow.clone(),
                    called.session.clone(),
                    now_micros(),
                )
            };
            let active = self
                .begin_riding(New {
                    registered,
                    head,
                    input: called.input.clone(),
                    given: None,
                    budget: called.budget.clone(),
                    watched: true,
                })
                .await?;
            return Ok(self.handle_of(&active));
        };
        match record.status {
            RunStatus::Failed if !called.retry && !is_out_of_budget(&record) => {
                self.attach(&called.id).await
            }
            RunStatus::Cancelled if !called.retry && !is_given_up(&record) => {
                self.attach(&called.id).await
            }
            _ => {
                let budget = Some(called.budget.clone());
                self.resume_with(&called.id, Again::Failure, budget).await
            }
        }
    }
}

/// Whether it ended because there was nothing left to use. That was no failure of its own.
fn is_out_of_budget(record: &RunRecord) -> bool {
    let error = record.error.as_ref();
    error.is_some_and(|error| &*error.code == code::LIMIT)
}

/// Cancelled by its caller, which now calls it again, and not by a person.
fn is_given_up(record: &RunRecord) -> bool {
    let error = record.error.as_ref();
    error.is_some_and(|error| &*error.code == code::GIVEN_UP)
}
