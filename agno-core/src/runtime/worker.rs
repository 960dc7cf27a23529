//! Runs what is due.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use agno_storage::{Json, RunId, RunRecord, RunStatus, StoreError};
use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::time::Instant;

use super::{RunHandle, Runtime, people::is_faster_elsewhere};
use crate::{clock::now_micros, error::Error};

/// How often a store of one process is looked through for runs that others have put there.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// How often one that several share is, at most: what a dead process had under way waits for its
/// lease and for this.
const LOOK_OFTEN: Duration = Duration::from_secs(1);

/// The least time between two looks for hints.
const AFTER_A_LOOK: Duration = Duration::from_millis(20);

/// How many candidates are read at a time, beside those that are left to others.
const CANDIDATES: usize = 64;

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
    /// A worker over this runtime's store. In a store of one process, a run that is `running` and not
    /// under way here is taken for interrupted; in one that several share, as soon as its lease has
    /// ended, so that any number of workers share the runs. Runs of workflows that this runtime has
    /// not are left to others.
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

    /// Ends as soon as nothing is due and nothing of it is under way, whatever other processes have
    /// under way. Default: it goes on.
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
    /// for it to be written down. Other workers can have it from then on.
    ///
    /// # Errors
    ///
    /// When the store cannot be read. One that several share may be away for a while: then the
    /// worker waits for it.
    pub async fn run(self, until: impl Future<Output = ()>) -> Result<(), Error> {
        let mut until = std::pin::pin!(until);
        let storage = self.runtime.storage().clone();
        let mut changed = storage.changed();
        let mut under_way = FuturesUnordered::new();
        let mut queue = Queue::new();
        loop {
            while under_way.len() < self.limit {
                let Some(candidate) = self.next(&mut queue).await? else {
                    break;
                };
                match self.runtime.take_up(&candidate.id).await {
                    // Over since it was read.
                    Ok(handle) if !handle.is_under_way() => {}
                    Ok(handle) => {
                        (self.taken_up)(&handle);
                        under_way.push(over(handle));
                    }
                    Err(error) if is_faster_elsewhere(&error) => {}
                    Err(error) if self.is_away(&error) => queue.wait_for_store(&error),
                    Err(error) => {
                        tracing::error!(run = %candidate.id, %error, "not taken up");
                        queue.refused.insert(candidate.id, candidate.fence);
                    }
                }
            }
            if self.until_idle && under_way.is_empty() && !queue.away {
                return Ok(());
            }
            let has_room = under_way.len() < self.limit;
            tokio::select! {
                biased;
                () = &mut until => break,
                Some(()) = under_way.next(), if !under_way.is_empty() => {
                    // What has ended may be due again, and is the last thing to look for.
                    queue.exhausted &= !(self.until_idle && under_way.is_empty());
                }
                () = self.runtime.put_down() => queue.exhausted = false,
                () = &mut changed => {
                    changed = storage.changed();
                    queue.look_at = queue.look_at.min(queue.looked + AFTER_A_LOOK);
                }
                () = tokio::time::sleep_until(queue.look_at), if has_room => {}
            }
        }
        self.runtime.interrupt_all().await;
        while under_way.next().await.is_some() {}
        Ok(())
    }

    /// The next candidate. `None` when nothing more is due, or the store does not answer.
    async fn next(&self, queue: &mut Queue) -> Result<Option<RunRecord>, Error> {
        loop {
            if queue.look_at <= Instant::now() {
                // What was read may be others' by now, and what a dead process had comes first.
                queue.candidates.clear();
                queue.exhausted = false;
            }
            while let Some(candidate) = queue.candidates.pop_front() {
                if !self.runtime.is_active(&candidate.id) {
                    return Ok(Some(candidate));
                }
            }
            if queue.exhausted {
                return Ok(None);
            }
            queue.looked = Instant::now();
            queue.look_at = queue.looked + self.look_in();
            match self.look(queue).await {
                Ok(()) => queue.away = false,
                Err(error) if self.is_away(&error) => {
                    queue.wait_for_store(&error);
                    return Ok(None);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Reads the next candidates.
    async fn look(&self, queue: &mut Queue) -> Result<(), Error> {
        let storage = self.runtime.storage();
        // Twice those that are passed over, so that they do not stand in front of the others.
        let limit = CANDIDATES + 2 * queue.passed_over;
        let now = now_micros();
        let due = storage.due(now, limit).await?;
        let read = due.runs.len();
        let is_mine = |run: &RunRecord| {
            self.runtime.find(&run.workflow).is_ok()
                && !self.runtime.is_active(&run.id)
                && queue.refused.get(&run.id) != Some(&run.fence)
        };
        let mut mine: Vec<_> = due.runs.into_iter().filter(is_mine).collect();
        queue.passed_over = read - mine.len();
        if storage.lease().is_some() {
            // Several workers have read the same.
            fastrand::shuffle(&mut mine);
            mine.sort_by_key(|run| run.status == RunStatus::Pending);
        }
        queue.candidates = mine.into();
        queue.exhausted = read < limit;
        if let Some(next) = due.next {
            let left = Duration::from_micros(next.saturating_sub(now));
            queue.look_at = queue.look_at.min(queue.looked + left);
        }
        Ok(())
    }

    /// Whether a store that several share is away, and may be back soon.
    fn is_away(&self, error: &Error) -> bool {
        self.runtime.storage().lease().is_some()
            && matches!(
                error.store_error(),
                Some(StoreError::Unavailable { .. } | StoreError::Io { .. })
            )
    }

    /// When to look again without a hint.
    fn look_in(&self) -> Duration {
        match self.runtime.storage().lease() {
            None => LOOK_EVERY,
            // Not all workers at the same time.
            Some(lease) => {
                let often = (lease / 10).min(LOOK_OFTEN);
                often.mul_f64(0.5 + fastrand::f64() / 2.0)
            }
        }
    }
}

/// What a worker knows of the store.
struct Queue {
    candidates: VecDeque<RunRecord>,
    /// Nothing else was due when it was looked last.
    exhausted: bool,
    /// How many of what was read last are left to others.
    passed_over: usize,
    /// Runs that cannot be taken up as they are, with their fences.
    refused: HashMap<RunId, u64>,
    /// The store did not answer.
    away: bool,
    looked: Instant,
    look_at: Instant,
}

impl Queue {
    fn new() -> Self {
        Self {
            candidates: VecDeque::new(),
            exhausted: false,
            passed_over: 0,
            refused: HashMap::new(),
            away: false,
            looked: Instant::now(),
            look_at: Instant::now(),
        }
    }

    fn wait_for_store(&mut self, error: &Error) {
        if !self.away {
            tracing::warn!(%error, "the store does not answer; the worker waits for it");
        }
        self.away = true;
        self.exhausted = true;
        self.candidates.clear();
    }
}

async fn over(handle: RunHandle<Json>) {
    handle.outcome().await;
}
