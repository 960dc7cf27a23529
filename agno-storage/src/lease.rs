//! Who has a run, and which runs wait to be taken up.

use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use crate::{RunId, RunQuery, RunRecord, RunStatus, Storage, StoreResult};

/// Who has a run, in a store that several processes share. See [`Storage::holders`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The run that was asked about.
    pub run: RunId,
    /// The process, in words: `digest, pid 4242 on worker-1`.
    pub name: String,
    /// When its lease ends, unless it is renewed.
    pub left: Duration,
}

/// What [`Storage::due`] found.
#[derive(Clone, Debug, Default)]
pub struct DueRuns {
    /// Outermost runs that are to be taken up, oldest first.
    pub runs: Vec<RunRecord>,
    /// When the next paused run is to be taken up by itself, in microseconds since 1970.
    pub next: Option<u64>,
}

/// Of a store of one process, through its lists.
pub(crate) async fn due<S: Storage + ?Sized>(
    store: &S,
    now: u64,
    limit: usize,
) -> StoreResult<DueRuns> {
    let mut due = BTreeMap::new();
    let mut called = HashSet::new();
    let mut next = None;
    for status in [RunStatus::Pending, RunStatus::Running, RunStatus::Paused] {
        let query = RunQuery {
            status: Some(status),
            outermost: status != RunStatus::Paused,
            ..RunQuery::default()
        };
        for run in store.runs(query).await? {
            let at = match status {
                RunStatus::Paused => run.wake_at,
                _ => Some(0),
            };
            match at {
                None => {}
                Some(at) if at > now => next = Some(next.map_or(at, |first: u64| first.min(at))),
                Some(_) if run.parent.is_some() => drop(called.insert(run.root().clone())),
                Some(_) => drop(due.insert((run.created_at, run.id.clone()), run)),
            }
        }
    }
    for root in called {
        // What a run has left behind that is over is nobody's any more.
        if let Some(run) = store.run(&root).await?
            && !run.status.is_over()
        {
            due.insert((run.created_at, root), run);
        }
    }
    let mut runs: Vec<_> = due.into_values().collect();
    runs.truncate(limit);
    Ok(DueRuns { runs, next })
}
