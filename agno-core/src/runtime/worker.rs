//! Runs what is due.

use std::{
    collections::{BTreeSet, HashSet},
    time::Duration,
};

use agno_storage::{Json, RunId, RunQuery, RunRecord, RunStatus};
use futures_util::{StreamExt, stream::FuturesUnordered};

use super::{RunHandle, Runtime};
use crate::{clock::now_micros, error::Error};

/// How often the store is looked through for runs that others have put there.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Takes up runs that nobody works on: those that wait to be begun, those whose process ended, and
/// those whose answer or time has come. See [`Runtime::worker`].
#[must_use = "a worker does nothing until `run`"]
pub struct Worker {
    runtime: Runtime,
    limit: usize,
    until_idle: bool,
    taken_up: Box<dyn Fn(&RunHandle) + Send + Sync>,
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker")
            .field("limit", &self.limit)
            .field("until_idle", &self.until_idle)
            .finish_non_exhaustive()
    }
}

impl Runtime {
    /// A worker over this runtime's store, for one that owns it alone: a run that is `running` and
    /// not under way here is taken for interrupted.
    pub fn worker(&self) -> Worker {
        Worker {
            runtime: self.clone(),
            limit: 16,
            until_idle: false,
            taken_up: Box::new(|_| {}),
        }
    }
}

impl Worker {
    /// How many runs it has under way at a time, at least one. Default: 16.
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = limit.max(1);
        self
    }

    /// Ends as soon as nothing is due and nothing of it is under way. Default: it goes on.
    pub fn until_idle(mut self, until_idle: bool) -> Self {
        self.until_idle = until_idle;
        self
    }

    /// Is told of each run that the worker takes up.
    pub fn on_taken_up(mut self, told: impl Fn(&RunHandle) + Send + Sync + 'static) -> Self {
        self.taken_up = Box::new(told);
        self
    }

    /// Takes up what is due until `until` resolves, then interrupts what is under way and waits
    /// for it to be written down.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub async fn run(self, until: impl Future<Output = ()>) -> Result<(), Error> {
        let mut until = std::pin::pin!(until);
        let mut under_way = FuturesUnordered::new();
        let mut refused = HashSet::new();
        loop {
            if under_way.len() < self.limit {
                for run in self.due(&refused).await? {
                    if under_way.len() == self.limit {
                        break;
                    }
                    match self.runtime.take_up(&run).await {
                        Ok(handle) => {
                            (self.taken_up)(&handle);
                            under_way.push(over(handle));
                        }
                        Err(error) => {
                            tracing::error!(%run, %error, "not taken up");
                            refused.insert(run);
                        }
                    }
                }
            }
            if self.until_idle && under_way.is_empty() {
                return Ok(());
            }
            tokio::select! {
                () = &mut until => break,
                Some(()) = under_way.next(), if !under_way.is_empty() => {}
                () = self.runtime.put_down() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
        self.runtime.interrupt_all().await;
        while under_way.next().await.is_some() {}
        Ok(())
    }

    /// Whether the outermost run is over: what it has left behind is nobody's any more.
    async fn is_over(&self, record: &RunRecord) -> Result<bool, Error> {
        if record.parent.is_none() {
            return Ok(false);
        }
        let root = self.runtime.storage().run(record.root()).await?;
        Ok(root.is_none_or(|root| root.status.is_over()))
    }

    /// Outermost runs that are to be taken up, oldest first.
    async fn due(&self, refused: &HashSet<RunId>) -> Result<Vec<RunId>, Error> {
        let now = now_micros();
        let mut due = BTreeSet::new();
        for status in [RunStatus::Pending, RunStatus::Running, RunStatus::Paused] {
            let query = RunQuery {
                status: Some(status),
                ..RunQuery::default()
            };
            for record in self.runtime.runs(query).await? {
                let is_due = match status {
                    // Of a run that another has called: its answer is recorded, or its time over.
                    RunStatus::Paused => record.wake_at.is_some_and(|at| at <= now),
                    _ => record.parent.is_none(),
                };
                let root = record.root();
                if is_due
                    && !self.runtime.is_active(root)
                    && !refused.contains(root)
                    && !self.is_over(&record).await?
                {
                    due.insert((record.created_at, root.clone()));
                }
                if status == RunStatus::Paused
                    && record.parent.is_none()
                    && let Some(at) = record.wake_at
                {
                    self.runtime.wake(&record.id, at);
                }
            }
        }
        Ok(due.into_iter().map(|(_, run)| run).collect())
    }
}

async fn over(handle: RunHandle<Json>) {
    handle.outcome().await;
}
