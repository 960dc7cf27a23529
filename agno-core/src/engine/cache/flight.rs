//! One computation at a time for each key: the others wait, and then find the stored result. A
//! leader that fails, is cancelled or dies lets the next one lead.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use agno_storage::{CacheKey, Storage, StoreError};
use tokio::{sync::OwnedMutexGuard, task::AbortHandle};

use crate::engine::cell::locked;

/// Who computes what in this process.
pub(crate) struct Flights {
    under_way: Mutex<HashMap<CacheKey, Weak<tokio::sync::Mutex<()>>>>,
    /// Names this runtime among all that share the store.
    holder: u64,
    count: AtomicU64,
}

impl Default for Flights {
    fn default() -> Self {
        Self {
            under_way: Mutex::default(),
            holder: fastrand::u64(..),
            count: AtomicU64::new(0),
        }
    }
}

/// Who has this computes. Dropped, the next one does.
pub(crate) struct Lead {
    local: Option<OwnedMutexGuard<()>>,
    announced: Option<Announced>,
}

/// A computation that other processes know of.
struct Announced {
    storage: Arc<dyn Storage>,
    key: CacheKey,
    holder: Arc<str>,
    renewal: AbortHandle,
}

impl Flights {
    fn of(&self, key: CacheKey) -> Arc<tokio::sync::Mutex<()>> {
        let mut flights = locked(&self.under_way);
        if flights.len() > 1024 {
            flights.retain(|_, flight| flight.strong_count() > 0);
        }
        match flights.get(&key).and_then(Weak::upgrade) {
            Some(flight) => flight,
            None => {
                let flight = Arc::default();
                flights.insert(key, Arc::downgrade(&flight));
                flight
            }
        }
    }

    /// Leads in this process, unless another does.
    pub(super) fn try_lead(&self, key: CacheKey) -> Option<Lead> {
        let local = self.of(key).try_lock_owned().ok()?;
        Some(Lead::of(local))
    }

    /// Leads in this process, after the others.
    pub(super) async fn lead(&self, key: CacheKey) -> Lead {
        Lead::of(self.of(key).lock_owned().await)
    }

    /// Leads among all processes that share the store. False: another one does.
    pub(super) async fn announce(
        &self,
        lead: &mut Lead,
        storage: &Arc<dyn Storage>,
        key: CacheKey,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        // Another name for each: the end of one that was given up does not end the next.
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let holder: Arc<str> = Arc::from(format!("{:016x}.{count}", self.holder));
        // Already there when the store has it, so that it is ended also when the caller is dropped
        // before it hears so.
        lead.announced = Some(Announced {
            storage: storage.clone(),
            key,
            holder: holder.clone(),
            renewal: tokio::spawn(renew(storage.clone(), key, holder.clone(), lease))
                .abort_handle(),
        });
        let led = storage.begin_flight(key, &holder, lease).await;
        if !matches!(led, Ok(true))
            && let Some(announced) = lead.announced.take()
        {
            announced.renewal.abort();
        }
        led
    }
}

/// Keeps the lease while the leader computes.
async fn renew(storage: Arc<dyn Storage>, key: CacheKey, holder: Arc<str>, lease: Duration) {
    loop {
        tokio::time::sleep(lease / 3).await;
        match storage.begin_flight(key, &holder, lease).await {
            Ok(true) => {}
            Ok(false) => {
                tracing::warn!(
                    key = key.to_hex(),
                    "another process computes the same result"
                );
                return;
            }
            // One that fails is made up for by the next.
            Err(error) => tracing::warn!(%error, "the lease of a computation is not renewed"),
        }
    }
}

impl Lead {
    fn of(local: OwnedMutexGuard<()>) -> Self {
        Self {
            local: Some(local),
            announced: None,
        }
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        let Some(announced) = self.announced.take() else {
            return;
        };
        announced.renewal.abort();
        let local = self.local.take();
        // Outside of a runtime nothing can be told: the lease ends by itself.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let ended = announced
                    .storage
                    .end_flight(announced.key, &announced.holder)
                    .await;
                if let Err(error) = ended {
                    tracing::debug!(%error, "a computation is given back by its lease only");
                }
                drop(local);
            });
        }
    }
}

/// The pauses between two looks at what another process computes: growing, each drawn from its
/// upper half, and never so long that the end of a lease is missed by much.
pub(super) struct Pauses {
    next: Duration,
    most: Duration,
}

impl Pauses {
    pub(super) fn within(lease: Duration) -> Self {
        Self {
            next: Duration::from_millis(20).min(lease / 4),
            most: Duration::from_secs(1).min(lease / 4),
        }
    }

    pub(super) fn next(&mut self) -> Duration {
        let pause = self.next;
        self.next = pause.mul_f64(1.6).min(self.most);
        pause.mul_f64(0.5 + fastrand::f64() / 2.0)
    }
}
