//! Locks whose contents stay whole when a holder panics.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks. What this crate keeps under a lock is changed by single assignments, so a panic in
/// between leaves nothing half done.
pub(crate) fn locked<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
