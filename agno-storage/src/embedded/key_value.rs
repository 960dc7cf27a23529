//! What an embedded back end has to offer: an ordered map of bytes that applies a batch whole.

use crate::StoreResult;

/// An ordered map of bytes in a directory. Everything above it, from fences to checksums, is
/// written once for all back ends.
///
/// Only the writer thread calls [`apply`](Self::apply) and [`sync`](Self::sync); the others are
/// called from any thread. A panic inside is caught by the caller.
pub trait KeyValue: Send + Sync + 'static {
    /// The name of the back end, for people.
    const NAME: &'static str;

    /// What a value is read into.
    type Bytes: AsRef<[u8]>;

    /// The value of a key.
    fn get(&self, key: &[u8]) -> StoreResult<Option<Self::Bytes>>;

    /// Shows every pair whose key begins with `prefix`, in order of their keys.
    fn scan(&self, prefix: &[u8], visit: &mut dyn FnMut(&[u8], &[u8])) -> StoreResult<()>;

    /// Makes a batch visible, all of it or none. It need not be durable yet.
    fn apply(&self, batch: Batch) -> StoreResult<()>;

    /// Makes every applied batch durable. Never called again once it failed: after a failed
    /// sync, a second one may report success for pages that the system has dropped.
    fn sync(&self) -> StoreResult<()>;
}

/// Writes in order; of two writes to one key the later counts.
#[derive(Debug, Default)]
pub struct Batch {
    /// A key, and its new value or `None` to remove it.
    pub writes: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}
