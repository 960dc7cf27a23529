//! Ends runs before they have ended by themselves.

use agno_storage::{
    BoxFuture, Commit, Entry, EntryKind, Event, EventKind, RunId, RunQuery, RunRecord, RunStatus,
    RunUpdate, StoreError,
};
use std::{sync::Arc, time::Duration};

use super::{Runtime, handle::Outcome, people::is_faster_elsewhere};
use crate::{
    clock::now_micros,
    engine::{cancel_at, cancelled, over_at},
    error::{Error, code},
};

/// What became of an attempt to own a run.
enum Claimed {
    Yes(Box<RunRecord>),
    /// It is not as it was read.
    Changed,
    ByAnother,
}

impl Runtime {
    /// Cancels a run and the runs it has called. One that is under way here is dropped at its next
    /// `.await`; what it has finished stays. One that is parked, pending or was interrupted is
    /// written down as cancelled. It can still be resumed, and then goes on from what it has
    /// finished. One that another process runs is cancelled there, and this waits for it: a third of
    /// the store's lease at most, or as long as the lease of a process that is gone.
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
                    let claimed = self.cancel_here(&record, given_up).await?;
                    drop(turn);
                    match claimed {
                        Claimed::Yes(_) => {}
                        Claimed::Changed => continue,
                        Claimed::ByAnother => {
                            self.cancel_elsewhere(&record).await?;
                            continue;
                        }
                    }
                    if !given_up {
                        self.tell_caller(record).await?;
                    }
                }
            }
            return Ok(self.attach(id).await?.outcome().await);
        }
    }

    /// Writes a run that is not under way here down as cancelled, if no other process has it.
    async fn cancel_here(&self, record: &RunRecord, given_up: bool) -> Result<Claimed, Error> {
        if self.storage().lease().is_none() {
            self.write_cancelled(record.clone(), given_up).await?;
            return Ok(Claimed::Yes(Box::new(record.clone())));
        }
        // A called run that is under way belongs to whoever has the outermost one.
        let root = match &record.parent {
            Some(parent) if !given_up && record.status == RunStatus::Running => {
                self.storage().run(&parent.root).await?
            }
            _ => None,
        };
        let root = match root {
            Some(root) if !root.status.is_over() => match self.claim(root).await? {
                Claimed::Yes(root) => Some(root),
                other => return Ok(other),
            },
            _ => None,
        };
        let claimed = self.claim(record.clone()).await?;
        if let Claimed::Yes(record) = &claimed {
            self.write_cancelled(RunRecord::clone(record), given_up)
                .await?;
        }
        if let Some(root) = root {
            self.storage().release(vec![(root.id, root.fence)]).await?;
        }
        Ok(claimed)
    }

    /// Makes this process the owner of a run, in a store that several share: whoever had it writes
    /// nothing more.
    async fn claim(&self, record: RunRecord) -> Result<Claimed, Error> {
        let mut claim = Commit::new(record.id.clone(), record.fence);
        claim.claim = true;
        claim.unless = vec![over_at(record.resumes)];
        match self.storage().commit(claim).await {
            Ok(ack) => Ok(Claimed::Yes(Box::new(RunRecord {
                fence: ack.fence,
                resumes: record.resumes + 1,
                ..record
            }))),
            Err(StoreError::Leased { .. }) => Ok(Claimed::ByAnother),
            Err(StoreError::Fenced { .. } | StoreError::Decided { .. }) => Ok(Claimed::Changed),
            Err(error) => Err(error.into()),
        }
    }

    /// Asks whoever has the run to cancel it, and gives it time to: it hears of it when it renews
    /// its leases, or takes the run up.
    async fn cancel_elsewhere(&self, record: &RunRecord) -> Result<(), Error> {
        let mut entry = Entry::new(EntryKind::Marker, cancel_at(record.resumes), 0);
        entry.finished_at = now_micros();
        let mut commit = Commit::new(record.id.clone(), record.fence);
        commit.entries.push(entry);
        match self.storage().commit(commit).await {
            Ok(_) | Err(StoreError::AlreadyRecorded { .. } | StoreError::Fenced { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        if let Some(lease) = self.storage().lease() {
            tokio::time::sleep((lease / 12).min(Duration::from_secs(1))).await;
        }
        Ok(())
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
            match self.take_up(&parent.root).await {
                // Its owner looks for it.
                Err(error) if is_faster_elsewhere(&error) => {}
                taken => drop(taken?),
            }
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
            // What it has called, too, may be under way where its last owner does not know yet.
            commit.claim = self.storage().lease().is_some();
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
