//! What readers and the writer share: the store, and how far it is durable.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::sync::watch;

use super::{
    compaction::Traffic,
    format::{Change, LastBatch},
    key_value::{Batch, KeyValue},
    marker::Marker,
};
use crate::{StoreError, StoreResult};

pub(super) struct Shared<K> {
    /// Gone when the store is closed. Readers hold the lock while they read, and the writer while
    /// it makes a batch visible (not while it syncs), so that no reader sees part of a batch. With
    /// a back end that has snapshots the writer needs no lock.
    slot: RwLock<Option<Arc<K>>>,
    /// The last batch that is visible, or was to be.
    last: Mutex<LastBatch>,
    progress: watch::Sender<Progress>,
    marker: Marker,
    /// For [`compaction`](super::compaction).
    pub(super) traffic: Traffic,
    /// Whether it was said that lists leave something out.
    told: AtomicBool,
}

struct Progress {
    /// Number of the last batch that is durable.
    durable: u64,
    poisoned: Option<String>,
}

/// Something read, and the batch that has to be durable before anybody may see it.
pub(super) struct Unsettled<T> {
    value: T,
    batch: u64,
}

impl<T> Unsettled<T> {
    pub(super) fn map<U>(self, map: impl FnOnce(T) -> U) -> Unsettled<U> {
        Unsettled {
            value: map(self.value),
            batch: self.batch,
        }
    }
}

impl<K: KeyValue> Shared<K> {
    pub(super) fn new(store: Arc<K>, last: LastBatch, marker: Marker) -> Self {
        Self {
            slot: RwLock::new(Some(store)),
            progress: watch::Sender::new(Progress {
                durable: last.number,
                poisoned: None,
            }),
            last: Mutex::new(last),
            marker,
            traffic: Traffic::default(),
            told: AtomicBool::new(false),
        }
    }

    /// Says, once, that something is left out of lists: a worker asks for one each second.
    pub(super) fn left_out(&self, error: &StoreError) {
        if !self.told.swap(true, Ordering::Relaxed) {
            tracing::warn!(%error, "left out of lists; `store verify` names all that does not read");
        }
    }

    /// Reads, on this thread. What was read may not be durable yet: see [`settle`](Self::settle).
    pub(super) fn read<T>(
        &self,
        read: impl FnOnce(&K) -> StoreResult<T>,
    ) -> StoreResult<Unsettled<T>> {
        let slot = self.slot.read().unwrap_or_else(PoisonError::into_inner);
        let store = slot.as_ref().ok_or(StoreError::Closed)?;
        self.check()?;
        let value = caught(|| match store.snapshot()? {
            Some(snapshot) => read(&snapshot),
            None => read(store),
        })?;
        let batch = match K::DURABLE_AT_ONCE {
            // Whatever was seen is durable.
            true => 0,
            false => self.last().number,
        };
        Ok(Unsettled { value, batch })
    }

    /// Waits until what was read is durable. No reader acts on what a power cut could undo.
    pub(super) async fn settle<T>(&self, read: Unsettled<T>) -> StoreResult<T> {
        let Unsettled { value, batch } = read;
        let settled = |progress: &Progress| progress.durable >= batch || progress.failed();
        if !settled(&self.progress.borrow()) {
            // Fails only when the sender is gone, and it is ours.
            let _ = self.progress.subscribe().wait_for(settled).await;
        }
        self.check()?;
        Ok(value)
    }

    /// Makes a batch visible, then durable. It appends and removes so many journal entries.
    pub(super) fn write(&self, store: &K, mut batch: Batch, change: Change) -> StoreResult<()> {
        if batch.writes.is_empty() {
            return Ok(());
        }
        self.traffic.note(&batch);
        let next = self.last().next(&mut batch, change);
        let number = next.number;
        if K::DURABLE_AT_ONCE {
            *self.last() = next;
            store.apply(batch)?;
        } else {
            let hidden = self.slot.write().unwrap_or_else(PoisonError::into_inner);
            *self.last() = next;
            store.apply(batch)?;
            drop(hidden);
            store.sync()?;
        }
        self.marker.record(number);
        self.progress
            .send_modify(|progress| progress.durable = number);
        Ok(())
    }

    fn last(&self) -> MutexGuard<'_, LastBatch> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends writing for good: it is not known what is on disk.
    pub(super) fn poison(&self, cause: String) {
        self.progress.send_modify(|progress| {
            progress.poisoned.get_or_insert(cause);
        });
    }

    /// Fails when the store is poisoned.
    pub(super) fn check(&self) -> StoreResult<()> {
        match &self.progress.borrow().poisoned {
            None => Ok(()),
            Some(cause) => Err(StoreError::Poisoned {
                cause: cause.clone(),
            }),
        }
    }

    /// Fails when the store is closed or poisoned.
    pub(super) fn check_open(&self) -> StoreResult<()> {
        if self.is_closed() {
            return Err(StoreError::Closed);
        }
        self.check()
    }

    pub(super) fn is_closed(&self) -> bool {
        let slot = self.slot.read().unwrap_or_else(PoisonError::into_inner);
        slot.is_none()
    }

    /// Takes the store from the readers. None is reading when this returns.
    pub(super) fn close(&self) {
        let mut slot = self.slot.write().unwrap_or_else(PoisonError::into_inner);
        *slot = None;
    }
}

impl Progress {
    fn failed(&self) -> bool {
        self.poisoned.is_some()
    }
}

/// Reads, and makes an error of a panic. A read changes nothing, so it does not end writing.
pub(super) fn caught<T>(read: impl FnOnce() -> StoreResult<T>) -> StoreResult<T> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|panic| {
        Err(StoreError::Corrupt {
            key: "store".to_owned(),
            reason: format!("reading it panicked: {}", message(&*panic)),
        })
    })
}

/// The words of a panic.
pub(super) fn message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("it panicked")
}
