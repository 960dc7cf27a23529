//! Leases of a store that several runtimes of one process share, as workers share a database: for
//! tests of what happens between processes.

use std::{
    future::ready,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

use super::{MemoryStorage, Store};
use crate::{
    Ack, BoxFuture, Commit, DueRuns, EntryKind, Holder, RunId, RunStatus, StoreError, StoreResult,
};

/// Who looks at a shared store, and what they all know.
#[derive(Clone)]
pub(super) struct Process {
    number: u64,
    shared: Arc<Shared>,
}

struct Shared {
    lease: Duration,
    processes: AtomicU64,
    changed: Notify,
}

/// A run that a process has taken.
#[derive(Clone, Copy)]
pub(super) struct Held {
    /// Of the process.
    by: u64,
    until: Instant,
}

impl MemoryStorage {
    /// An empty store whose runs are leased to those who run them, so that a second runtime can share
    /// it as another process shares a database: give it [`beside`](Self::beside). The lease is
    /// counted by tokio's clock, which a test can stop.
    pub fn with_lease(lease: Duration) -> Self {
        Self {
            process: Some(Process {
                number: 1,
                shared: Arc::new(Shared {
                    lease,
                    processes: AtomicU64::new(1),
                    changed: Notify::new(),
                }),
            }),
            ..Self::default()
        }
    }

    /// The same store as another process sees it. Of a store without leases: another clone.
    pub fn beside(&self) -> Self {
        let mut other = self.clone();
        if let Some(process) = &mut other.process {
            process.number = process.shared.processes.fetch_add(1, Ordering::Relaxed) + 1;
        }
        other
    }

    pub(super) fn lease_length(&self) -> Option<Duration> {
        self.process.as_ref().map(|process| process.shared.lease)
    }

    pub(super) fn commit_here(&self, commit: &mut Commit) -> StoreResult<Ack> {
        self.write(|store| match &self.process {
            Some(process) => process.commit(store, commit),
            None => store.commit(commit),
        })
    }

    pub(super) fn renew_here(&self, held: &[(RunId, u64)]) -> StoreResult<Vec<RunId>> {
        let Some(process) = &self.process else {
            return Ok(Vec::new());
        };
        self.write(|store| Ok(process.renew(store, held)))
    }

    pub(super) fn release_here(&self, held: &[(RunId, u64)]) -> StoreResult<()> {
        let Some(process) = &self.process else {
            return Ok(());
        };
        self.write(|store| {
            for (id, fence) in held {
                if let Some(run) = store.runs.get_mut(id)
                    && run.head.fence == *fence
                {
                    run.held = None;
                }
            }
            Ok(())
        })?;
        process.shared.changed.notify_waiters();
        Ok(())
    }

    pub(super) fn due_here(&self, now: u64, limit: usize) -> BoxFuture<'_, StoreResult<DueRuns>> {
        match &self.process {
            Some(_) => Box::pin(ready(self.read(|store| store.due(now, limit)))),
            None => Box::pin(crate::lease::due(self, now, limit)),
        }
    }

    pub(super) fn changed_here(&self) -> BoxFuture<'_, ()> {
        match &self.process {
            Some(process) => Box::pin(process.shared.changed.notified()),
            None => Box::pin(std::future::pending()),
        }
    }
}

impl Process {
    fn commit(&self, store: &mut Store, commit: &mut Commit) -> StoreResult<Ack> {
        let takes = commit.claim || commit.create.is_some();
        let answers = commit.entries.iter().any(|e| e.kind == EntryKind::Answer);
        let id = commit.run.clone();
        if commit.claim {
            self.check_free(store, commit)?;
        }
        let ack = store.commit(commit)?;
        if let Some(run) = store.runs.get_mut(&id) {
            let is_mine = run.held.is_some_and(|held| held.by == self.number);
            if run.head.status != RunStatus::Running {
                run.held = None;
            } else if takes || is_mine {
                run.held = Some(self.granted());
            }
            let waits = matches!(run.head.status, RunStatus::Pending | RunStatus::Paused);
            if answers || waits {
                self.shared.changed.notify_waiters();
            }
        }
        Ok(ack)
    }

    /// Refuses to take a run from its owner. A called run belongs to whoever has its caller.
    fn check_free(&self, store: &Store, commit: &Commit) -> StoreResult<()> {
        let Some(run) = store.runs.get(&commit.run) else {
            return Ok(());
        };
        commit.check_fence(&run.head)?;
        match run.held {
            Some(held) if held.by != self.number && held.is_live() && run.head.parent.is_none() => {
                Err(StoreError::Leased {
                    run: commit.run.clone(),
                    holder: held.name(),
                    left: held.until.duration_since(Instant::now()),
                })
            }
            _ => Ok(()),
        }
    }

    fn renew(&self, store: &mut Store, held: &[(RunId, u64)]) -> Vec<RunId> {
        let lost = held.iter().filter(|(id, fence)| {
            let Some(run) = store.runs.get_mut(id) else {
                return true;
            };
            if run.head.fence != *fence {
                return true;
            }
            // One that was given back stays so.
            if run.held.is_some() {
                run.held = Some(self.granted());
            }
            false
        });
        lost.map(|(id, _)| id.clone()).collect()
    }

    fn granted(&self) -> Held {
        Held {
            by: self.number,
            until: Instant::now() + self.shared.lease,
        }
    }
}

impl Held {
    fn name(self) -> String {
        format!("process {} of this store", self.by)
    }

    fn is_live(self) -> bool {
        self.until > Instant::now()
    }
}

impl Store {
    pub(super) fn holders(&self, runs: &[RunId]) -> Vec<Holder> {
        let holder = |id: &RunId| {
            let root = self.runs.get(self.runs.get(id)?.head.root())?;
            let held = root.held.filter(|held| held.is_live())?;
            Some(Holder {
                run: id.clone(),
                name: held.name(),
                left: held.until.duration_since(Instant::now()),
            })
        };
        runs.iter().filter_map(holder).collect()
    }

    fn due(&self, now: u64, limit: usize) -> DueRuns {
        let is_free = |id: &RunId| {
            let run = self.runs.get(id);
            run.filter(|run| {
                !run.head.status.is_over() && !run.held.is_some_and(|held| held.is_live())
            })
        };
        let mut due = DueRuns::default();
        for run in self.runs.values() {
            let head = &run.head;
            let root = match (head.status, head.wake_at) {
                (RunStatus::Pending | RunStatus::Running, _) if head.parent.is_none() => {
                    is_free(&head.id)
                }
                (RunStatus::Paused, Some(at)) if at <= now => is_free(head.root()),
                (RunStatus::Paused, Some(at)) => {
                    due.next = Some(due.next.map_or(at, |next| next.min(at)));
                    None
                }
                _ => None,
            };
            due.runs.extend(root.map(|root| root.head.clone()));
        }
        let order = |a: &crate::RunRecord, b: &crate::RunRecord| {
            (a.created_at, &a.id).cmp(&(b.created_at, &b.id))
        };
        due.runs.sort_unstable_by(order);
        due.runs.dedup_by(|a, b| a.id == b.id);
        due.runs.truncate(limit);
        due
    }
}
