//! Stays the owner of the runs that are under way here, in a store that several processes share, and
//! hears what others record for them.

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use agno_storage::{RunId, Storage, StoreResult};
use futures_util::StreamExt;
use tokio::time::{Instant, sleep_until, timeout};

use super::{Inner, Runtime, Shared};
use crate::{engine::RunCell, sync::locked};

/// How many runs are asked about at a time.
const AT_A_TIME: usize = 8;

/// Whether somebody sees to it that the leases are renewed.
#[derive(Default)]
pub(super) struct Owned {
    keeping: AtomicBool,
}

impl Runtime {
    /// Renews the leases of what is under way here, as long as this runtime lives.
    pub(super) fn keep_leases(&self) {
        let Some(lease) = self.storage().lease() else {
            return;
        };
        if !self.0.shared.owned.keeping.swap(true, Ordering::AcqRel) {
            let storage = self.storage().clone();
            tokio::spawn(keep(Arc::downgrade(&self.0), storage, lease));
        }
    }
}

/// Gives back the lease of a run that has stopped here and is not over: others need not wait for it.
pub(super) async fn release(cell: &RunCell) {
    if cell.storage.lease().is_none() {
        return;
    }
    let held = cell.held().into_iter().collect();
    if let Err(error) = cell.storage.release(held).await {
        // It ends by itself.
        tracing::debug!(run = %cell.id, %error, "not released");
    }
}

fn under_way(shared: &Shared) -> Vec<Arc<RunCell>> {
    let active = locked(&shared.active);
    active.values().map(|active| active.cell.clone()).collect()
}

async fn keep(runtime: Weak<Inner>, storage: Arc<dyn Storage>, lease: Duration) {
    let often = lease / 3;
    // After a failure, and the least time between two looks for a hint.
    let soon = lease / 12;
    let mut next = Instant::now() + often;
    let mut quiet_until = Instant::now();
    let mut changed = storage.changed();
    loop {
        let is_time = tokio::select! {
            biased;
            () = sleep_until(next) => true,
            () = async {
                sleep_until(quiet_until).await;
                (&mut changed).await;
            } => false,
        };
        let Some(shared) = runtime.upgrade().map(|inner| inner.shared.clone()) else {
            return;
        };
        let mut cells = under_way(&shared);
        if is_time {
            let sent = Instant::now();
            let renewed = renew(&*storage, &cells, sent, often).await;
            next = sent + if renewed { often } else { soon };
            if !renewed {
                continue;
            }
        } else {
            changed = storage.changed();
            quiet_until = Instant::now() + soon.min(Duration::from_millis(100));
            cells.retain(|cell| cell.is_asking());
        }
        // What is not heard now is heard next time.
        let _ = timeout(often, hear(cells)).await;
    }
}

/// Whether the store has answered.
async fn renew(
    storage: &dyn Storage,
    cells: &[Arc<RunCell>],
    sent: Instant,
    within: Duration,
) -> bool {
    let held: Vec<_> = cells.iter().filter_map(|cell| cell.held()).collect();
    if held.is_empty() {
        return true;
    }
    let asked: Vec<RunId> = held.iter().map(|(run, _)| run.clone()).collect();
    let lost = match timeout(within, storage.renew(held)).await {
        Ok(Ok(lost)) => lost,
        Ok(Err(error)) => {
            tracing::warn!(%error, "leases not renewed");
            return false;
        }
        Err(_) => {
            tracing::warn!("leases not renewed: the store does not answer");
            return false;
        }
    };
    for cell in cells.iter().filter(|cell| asked.contains(&cell.id)) {
        match lost.contains(&cell.id) {
            true => cell.taken_over(),
            false => cell.renewed(sent),
        }
    }
    true
}

async fn hear(cells: Vec<Arc<RunCell>>) {
    let heard = |cell: Arc<RunCell>| async move {
        let heard: StoreResult<()> = cell.hear().await;
        if let Err(error) = heard {
            tracing::debug!(run = %cell.id, %error, "not looked at");
        }
    };
    futures_util::stream::iter(cells)
        .for_each_concurrent(AT_A_TIME, heard)
        .await;
}
