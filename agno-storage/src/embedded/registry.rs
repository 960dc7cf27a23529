//! Stores that are open in this process, by directory: opening one twice shares it.

use std::{
    any::Any,
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use crate::StoreResult;

type Open = HashMap<PathBuf, Weak<dyn Any + Send + Sync>>;

static OPEN: Mutex<Option<Open>> = Mutex::new(None);

/// The store of a directory: the open one if `is_live`, or what `open` makes. Two threads that
/// open one directory wait for each other.
pub(super) fn share<T: Any + Send + Sync>(
    path: PathBuf,
    is_live: impl FnOnce(&T) -> bool,
    open: impl FnOnce() -> StoreResult<Arc<T>>,
) -> StoreResult<Arc<T>> {
    let mut registry = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    let stores = registry.get_or_insert_default();
    let known = stores.get(&path).and_then(Weak::upgrade);
    if let Some(store) = known.and_then(|store| store.downcast::<T>().ok())
        && is_live(&store)
    {
        return Ok(store);
    }
    let store = open()?;
    stores.retain(|_, store| store.strong_count() > 0);
    let any: Arc<dyn Any + Send + Sync> = store.clone();
    stores.insert(path, Arc::downgrade(&any));
    Ok(store)
}
