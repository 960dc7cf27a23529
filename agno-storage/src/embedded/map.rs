//! A back end for tests: in memory, and failing where a test wants it to.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use super::key_value::{Batch, KeyValue};
use crate::StoreResult;

type Hook = Box<dyn FnMut() -> StoreResult<()> + Send>;

/// Clones share one map, so that a test can look at what the store holds.
#[derive(Clone, Default)]
pub(super) struct Map(Arc<Inner>);

#[derive(Default)]
struct Inner {
    pairs: Mutex<BTreeMap<Vec<u8>, Vec<u8>>>,
    on_apply: Mutex<Option<Hook>>,
    on_sync: Mutex<Option<Hook>>,
}

impl Map {
    pub(super) fn pairs(&self) -> MutexGuard<'_, BTreeMap<Vec<u8>, Vec<u8>>> {
        self.0.pairs.lock().expect("lock")
    }

    /// Called after each batch became visible.
    pub(super) fn on_apply(&self, hook: impl FnMut() -> StoreResult<()> + Send + 'static) {
        *self.0.on_apply.lock().expect("lock") = Some(Box::new(hook));
    }

    /// Called instead of each sync.
    pub(super) fn on_sync(&self, hook: impl FnMut() -> StoreResult<()> + Send + 'static) {
        *self.0.on_sync.lock().expect("lock") = Some(Box::new(hook));
    }
}

fn call(hook: &Mutex<Option<Hook>>) -> StoreResult<()> {
    let mut hook = hook.lock().expect("lock");
    hook.as_mut().map_or(Ok(()), |hook| hook())
}

impl KeyValue for Map {
    const NAME: &'static str = "map";
    const DURABLE_AT_ONCE: bool = false;
    type Bytes = Vec<u8>;

    fn get(&self, key: &[u8]) -> StoreResult<Option<Vec<u8>>> {
        Ok(self.pairs().get(key).cloned())
    }

    fn scan(&self, prefix: &[u8], visit: &mut dyn FnMut(&[u8], &[u8])) -> StoreResult<()> {
        let pairs = self.pairs().clone();
        let begin = pairs.range(prefix.to_vec()..);
        begin
            .take_while(|(key, _)| key.starts_with(prefix))
            .for_each(|(key, value)| visit(key, value));
        Ok(())
    }

    fn apply(&self, batch: Batch) -> StoreResult<()> {
        for (key, value) in batch.writes {
            match value {
                Some(value) => self.pairs().insert(key, value),
                None => self.pairs().remove(&key),
            };
        }
        call(&self.0.on_apply)
    }

    fn sync(&self) -> StoreResult<()> {
        call(&self.0.on_sync)
    }

    fn disk_bytes(&self) -> StoreResult<u64> {
        Ok(0)
    }

    fn compact(&self) -> StoreResult<()> {
        Ok(())
    }
}
