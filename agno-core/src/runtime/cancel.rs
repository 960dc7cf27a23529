//! Ends runs before they have ended by themselves.

use agno_storage::{
    BoxFuture, Commit, Entry, EntryKind, Event, EventKind, RunId, RunQuery, RunRecord, RunStatus,
    RunUpdate, StoreError,
};
use std::sync::Arc;

use super::{Runtime, handle::Outcome};
use crate::{
    clock::now_micros,
    engine::cancelled,
    error::{Error, code},
};

impl Runtime {
    /// Cancels a run and the runs it has called. One that is under way here is dropped at its next
    /// `.await`; what it has finished stays. One that is parked, pending or was interrupted is
    /// written down as cancelled. It can still be resumed, and then goes on from what it has
    /// finished.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when there is no such run,
    /// [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) when it has completed or failed.
    pub async fn cancel(&self, id: &RunId) -> Result<Outcome, Error> {
        self.cancel_as(id, false).await
    }

    /// Cancels a called run that its caller does not wait for any more. Should the caller call it
    /// again after all, it is taken up.
    pub(crate) async fn give_up(&self, id: &RunId) {
        if let Err(error) = self.cancel_as(id, true).await {
            // Over already, or never begun.
            tracing::debug!(run = %id, %error, "not cancelled");
        }
    }

    async fn cancel_as(&self, id: &RunId, given_up: bool) -> Result<Outcome, Error> {
        loop {
            if let Some(active) = self.active(id) {
                match given_up {
                    true => active.cell.give_up_run(),
                    false => active.cell.cancel(),
                }
                let outcome = self
                    .handle_of::<agno_storage::Json>(&active)
                    .outcome()
                    .await;
                match outcome.status {
                    // It was faster, or somebody else is.
                    RunStatus::Paused | RunStatus::Running => continue,
                    _ => return Ok(outcome),
                }
            }
            // Nobody takes it up meanwhile.
            let turn = self.0.shared.beginning.lock().await;
            if self.active(id).is_some() {
                continue;
            }
            let Some(record) = self.storage().run(id).await? else {
                return Err(StoreError::RunNotFound { run: id.clone() }.into());
            };
            match record.status {
                RunStatus::Cancelled => {}
                RunStatus::Completed | RunStatus::Failed => {
                    let problem = format!("run `{id}` has {} already", record.status);
                    return Err(Error::new(code::CONFLICT, problem).permanent());
                }
                _ => {
                    self.write_cancelled(record.clone(), given_up).await?;
                    drop(turn);
                    if !given_up {
                        self.tell_caller(record).await?;
                    }
                }
            }
            return Ok(self.attach(id).await?.outcome().await);
        }
    }

    /// A caller that waits for the run hears that it was cancelled.
    async fn tell_caller(&self, record: RunRecord) -> Result<(), Error> {
        let Some(parent) = record.parent else {
            return Ok(());
        };
        if let Some(active) = self.active(&parent.run) {
            if active.cell.is_stopped() || active.cell.deliver_below(&parent.path) {
                return Ok(());
            }
            // It is being written down as paused.
            self.handle_of::<agno_storage::Json>(&active)
                .outcome()
                .await;
        }
        let root = self.storage().run(&parent.root).await?;
        if root.is_some_and(|root| root.status == RunStatus::Paused) {
            self.take_up(&parent.root).await?;
        }
        Ok(())
    }

    /// Writes a run that is not under way down as cancelled, those that it has called first.
    fn write_cancelled(
        &self,
        record: RunRecord,
        given_up: bool,
    ) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move {
            let called = RunQuery {
                parent: Some(record.id.clone()),
                ..RunQuery::default()
            };
            for called in self.storage().runs(called).await? {
                if !called.status.is_over() {
                    self.write_cancelled(called, true).await?;
                }
            }
            let at = now_micros();
            let error = cancelled(given_up);
            let mut entry = Entry::new(EntryKind::Marker, cancelled_at(&record), 0);
            entry.finished_at = at;
            entry.events.push(Event {
                at,
                kind: EventKind::RunEnded {
                    status: RunStatus::Cancelled,
                    error: None,
                },
            });
            let mut commit = Commit::new(record.id.clone(), record.fence);
            commit.entries.push(entry);
            commit.update = Some(Box::new(RunUpdate {
                error: Some(error.to_recorded()),
                ..RunUpdate::new(RunStatus::Cancelled, at)
            }));
            self.storage().commit(commit).await?;
            Ok(())
        })
    }
}

/// Where it is recorded that a run that was not under way was cancelled. What was decided on the
/// head of before must not be written after that.
pub(super) fn cancelled_at(record: &RunRecord) -> Arc<str> {
    Arc::from(format!("@cancelled~{}", record.resumes))
}
