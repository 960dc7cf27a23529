//! What runs may use, and what they have used before this process.

use std::sync::Arc;

use agno_storage::{
    BoxFuture, Commit, Entry, EntryKind, Limits, RunId, RunQuery, RunRecord, StoreError,
};

use super::Runtime;
use crate::{
    engine::{Budget, Used},
    error::Error,
};

/// So often a run may be taken over while its limits are being changed.
const TRIES: usize = 8;

impl Runtime {
    /// Sets what a run may use, over all its resumes and with the runs that it calls. One that is
    /// under way here goes by it at once; one that has failed for its limits goes on when it is
    /// resumed. Of a run that another has called, the outermost has the limits. What is `None` is
    /// not limited.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when there is no such run, or the
    /// store's own error.
    pub async fn set_limits(&self, id: &RunId, limits: Limits) -> Result<(), Error> {
        // Nobody takes it up meanwhile with the old ones.
        let _turn = self.0.shared.beginning.lock().await;
        let mut tries = 0;
        loop {
            let mut record = self.storage().run(id).await?;
            if let Some(inner) = record.as_ref().filter(|record| record.parent.is_some()) {
                record = self.storage().run(inner.root()).await?;
            }
            let Some(record) = record else {
                return Err(StoreError::RunNotFound { run: id.clone() }.into());
            };
            let mut commit = Commit::new(record.id.clone(), record.fence);
            commit.limits = Some(Box::new(limits));
            match self.storage().commit(commit).await {
                Ok(_) => {
                    if let Some(active) = self.active(&record.id) {
                        active.cell.set_limits(&limits);
                    }
                    return Ok(());
                }
                // Somebody has taken it up meanwhile.
                Err(StoreError::Fenced { .. }) if tries < TRIES => tries += 1,
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The budget of an outermost run, with what it and those it has called have used.
    pub(super) async fn budget_of(
        &self,
        record: &RunRecord,
        journal: &[Entry],
    ) -> Result<Arc<Budget>, Error> {
        let mut used = Used::of(record, journal);
        if calls(journal) {
            self.add_called(&record.id, &mut used).await?;
        }
        Ok(Budget::new(record.limits.as_deref(), used))
    }

    /// Adds what the runs that a run has called have used.
    fn add_called<'a>(
        &'a self,
        run: &'a RunId,
        used: &'a mut Used,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let called = RunQuery {
                parent: Some(run.clone()),
                whole: true,
                ..RunQuery::default()
            };
            for record in self.storage().runs(called).await? {
                let journal = self.storage().journal(&record.id, 0).await?;
                used.add_called(&Used::of(&record, &journal));
                if calls(&journal) {
                    self.add_called(&record.id, used).await?;
                }
            }
            Ok(())
        })
    }
}

/// Whether a run has called others: to look for them is a look at all runs.
fn calls(journal: &[Entry]) -> bool {
    journal
        .iter()
        .any(|entry| entry.kind == EntryKind::Workflow)
}
