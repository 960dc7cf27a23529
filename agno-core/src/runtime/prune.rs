//! Removing runs that are over and old.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use agno_storage::{RunId, RunQuery, RunRecord, RunStatus, StoreError};
use serde::Serialize;

use super::Runtime;
use crate::{
    clock::now_micros,
    error::{Error, code},
};

/// Which runs are removed.
#[derive(Clone, Debug)]
pub struct Prune {
    /// Only those that ended so long ago. Default: 30 days.
    pub older_than: Duration,
    /// Only those that ended so. Default: completed, failed and cancelled.
    pub statuses: Vec<RunStatus>,
    /// Keeps so many of each session, the newest, whatever their age and status. Default: none.
    pub keep_last_per_session: Option<usize>,
    /// Only says what would be removed. Default: no.
    pub dry_run: bool,
}

impl Default for Prune {
    fn default() -> Self {
        Self {
            older_than: Duration::from_secs(30 * 24 * 60 * 60),
            statuses: vec![
                RunStatus::Completed,
                RunStatus::Failed,
                RunStatus::Cancelled,
            ],
            keep_last_per_session: None,
            dry_run: false,
        }
    }
}

/// A run that was removed, or would be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PrunedRun {
    /// The run.
    pub id: RunId,
    /// Its workflow.
    pub workflow: Arc<str>,
    /// Its session.
    pub session: Arc<str>,
    /// How it ended.
    pub status: RunStatus,
    /// When, in microseconds since 1970.
    pub ended_at: u64,
    /// The run that had called it, removed as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<RunId>,
}

impl From<RunRecord> for PrunedRun {
    fn from(run: RunRecord) -> Self {
        Self {
            id: run.id,
            workflow: run.workflow,
            session: run.session,
            status: run.status,
            ended_at: run.updated_at,
            parent: run.parent.map(|parent| parent.run),
        }
    }
}

/// Which runs go: `age` is how long one that ended so is kept, `None` for good.
pub(super) struct Rule<F> {
    pub(super) age: F,
    pub(super) keep_last_per_session: Option<usize>,
}

impl<F: Fn(RunStatus) -> Option<Duration>> Rule<F> {
    fn is_old(&self, run: &RunRecord) -> bool {
        let Some(age) = (self.age)(run.status).filter(|_| run.status.is_over()) else {
            return false;
        };
        let age = u64::try_from(age.as_micros()).unwrap_or(u64::MAX);
        run.updated_at <= now_micros().saturating_sub(age)
    }

    /// The outermost runs that go, newest first, then what a crash has left of a removal: called
    /// runs whose caller is gone.
    pub(super) async fn choose(&self, runtime: &Runtime) -> Result<Vec<RunRecord>, Error> {
        // One that is left out would make orphans of those that it has called.
        let all = RunQuery {
            whole: true,
            ..RunQuery::default()
        };
        let runs = runtime.storage().runs(all).await?;
        let there: HashSet<RunId> = runs.iter().map(|run| run.id.clone()).collect();
        let (mut runs, mut left): (Vec<_>, Vec<_>) =
            runs.into_iter().partition(|run| run.parent.is_none());
        left.retain(|run| {
            let caller = run.parent.as_ref().map(|parent| &parent.run);
            run.status.is_over() && caller.is_some_and(|caller| !there.contains(caller))
        });
        let mut seen: HashMap<(Arc<str>, Arc<str>), usize> = HashMap::new();
        // The first of each session are the newest.
        runs.retain(|run| {
            let of_session = seen
                .entry((run.workflow.clone(), run.session.clone()))
                .or_default();
            *of_session += 1;
            let is_kept = self
                .keep_last_per_session
                .is_some_and(|keep| *of_session <= keep);
            !is_kept && self.is_old(run)
        });
        runs.append(&mut left);
        Ok(runs)
    }
}

impl Runtime {
    /// Removes runs that are over, with all that is recorded of them and the runs they called.
    /// The state of sessions and the step cache stay. A run that is not over is never removed,
    /// nor is one that has called such a run. Answers what was removed, callers ahead of the runs
    /// they called.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for a status that is not the
    /// end of a run, or the store's own error; what was removed until then is gone.
    pub async fn prune(&self, prune: Prune) -> Result<Vec<PrunedRun>, Error> {
        if let Some(status) = prune.statuses.iter().find(|status| !status.is_over()) {
            let problem = format!("a run that is {status} is not over, and is not removed");
            return Err(Error::new(code::INVALID_INPUT, problem).permanent());
        }
        let rule = Rule {
            age: |status| prune.statuses.contains(&status).then_some(prune.older_than),
            keep_last_per_session: prune.keep_last_per_session,
        };
        let mut removed = Vec::new();
        for run in rule.choose(self).await? {
            removed.extend(self.remove_tree(&rule, run, prune.dry_run).await?);
        }
        Ok(removed)
    }

    /// Removes a run that was chosen with those it called, if that still is right: it may have been
    /// taken up again since. Answers what is gone, or would be.
    pub(super) async fn remove_tree<F: Fn(RunStatus) -> Option<Duration>>(
        &self,
        rule: &Rule<F>,
        run: RunRecord,
        dry_run: bool,
    ) -> Result<Vec<PrunedRun>, Error> {
        let mut removed = Vec::new();
        let Some(now) = self.storage().run(&run.id).await? else {
            return Ok(removed);
        };
        if now.parent.is_none() && !rule.is_old(&now) {
            return Ok(removed);
        }
        for run in self.over(now).await?.unwrap_or_default() {
            if dry_run || self.remove(&run.id).await? {
                removed.push(run.into());
            } else {
                // Taken up again meanwhile, so those it called are needed.
                break;
            }
        }
        Ok(removed)
    }

    /// A run with those it called, callers first: one that is taken up again without what it called
    /// would do that once more. `None` when one of them is not over.
    async fn over(&self, run: RunRecord) -> Result<Option<Vec<RunRecord>>, Error> {
        let mut tree = vec![run];
        let mut next = 0;
        while let Some(run) = tree.get(next) {
            if !run.status.is_over() || self.is_active(&run.id) {
                return Ok(None);
            }
            let called = RunQuery {
                parent: Some(run.id.clone()),
                whole: true,
                ..RunQuery::default()
            };
            tree.extend(self.storage().runs(called).await?);
            next += 1;
        }
        Ok(Some(tree))
    }

    /// Whether it is gone.
    async fn remove(&self, id: &RunId) -> Result<bool, Error> {
        match self.storage().delete_run(id).await {
            Ok(_) => Ok(true),
            Err(StoreError::RunNotOver { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}
