//! How much the step cache keeps.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use agno_storage::{Storage, StoreError};

use super::StepCache;
use crate::runtime::Shared;

/// Has the oldest results removed after enough was added, and not with every result.
pub(crate) struct Bound {
    /// Bytes.
    limit: u64,
    added: AtomicU64,
    is_shrinking: AtomicBool,
    /// The store removes nothing by itself.
    is_off: AtomicBool,
}

impl Bound {
    pub(super) fn new(limit: u64) -> Self {
        let bound = Self {
            limit,
            added: AtomicU64::new(0),
            is_shrinking: AtomicBool::new(false),
            is_off: AtomicBool::new(false),
        };
        // From anywhere on the way to the next look: so that of many programs that add a little
        // and end, one looks in the end.
        let begun = fastrand::u64(..bound.step());
        bound.added.store(begun, Ordering::Relaxed);
        bound
    }

    /// After how many bytes it looks: the cache is larger than its limit by so many at most.
    fn step(&self) -> u64 {
        (self.limit / 16).max(1)
    }
}

impl StepCache {
    /// A result of so many bytes was stored.
    pub(crate) fn added(shared: &Arc<Shared>, storage: &Arc<dyn Storage>, bytes: usize) {
        let bound = &shared.cache.bound;
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let added = bound.added.fetch_add(bytes, Ordering::Relaxed);
        if added.saturating_add(bytes) < bound.step()
            || bound.is_off.load(Ordering::Relaxed)
            || bound.is_shrinking.swap(true, Ordering::AcqRel)
        {
            return;
        }
        bound.added.store(0, Ordering::Relaxed);
        let (owner, storage) = (shared.clone(), storage.clone());
        shared.cache.background.spawn(async move {
            let bound = &owner.cache.bound;
            match storage.cache_shrink(bound.limit).await {
                Ok(0) => {}
                Ok(removed) => tracing::debug!(removed, "the oldest cached results were removed"),
                Err(StoreError::Unsupported { .. }) => bound.is_off.store(true, Ordering::Relaxed),
                Err(error) => tracing::warn!(%error, "the step cache is not kept in its bounds"),
            }
            bound.is_shrinking.store(false, Ordering::Release);
        });
    }
}
