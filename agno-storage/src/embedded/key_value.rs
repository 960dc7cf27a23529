//! What an embedded back end has to offer: an ordered map of bytes that applies a batch whole.

use crate::StoreResult;

/// An ordered map of bytes in a directory. Everything above it, from fences to checksums, is
/// written once for all back ends.
///
/// Only the writer thread calls [`apply`](Self::apply) and [`sync`](Self::sync); the others are
/// called from any thread. A panic inside is caught by the caller.
///
/// The first `apply` or `sync` that fails is the last: nobody knows what is on disk. That there
/// was no room left is told as [`StoreError::Full`](crate::StoreError::Full).
pub trait KeyValue: Sized + Send + Sync + 'static {
    /// The name of the back end, for people and in URLs.
    const NAME: &'static str;

    /// A batch is durable when [`apply`](Self::apply) returns, and nobody sees anything of it
    /// before. Then readers need not wait for a batch, and each reads a
    /// [`snapshot`](Self::snapshot).
    const DURABLE_AT_ONCE: bool;

    /// What a value is read into.
    type Bytes: AsRef<[u8]>;

    /// The value of a key.
    fn get(&self, key: &[u8]) -> StoreResult<Option<Self::Bytes>>;

    /// Shows every pair whose key begins with `prefix`, in order of their keys. `visit` does not
    /// use the store.
    fn scan(&self, prefix: &[u8], visit: &mut dyn FnMut(&[u8], &[u8])) -> StoreResult<()>;

    /// The store as it is now, whatever is applied later. `None` where that is kept from readers
    /// by a lock.
    fn snapshot(&self) -> StoreResult<Option<Self>> {
        Ok(None)
    }

    /// Makes a batch visible, all of it or none. It need not be durable yet, unless
    /// [`DURABLE_AT_ONCE`](Self::DURABLE_AT_ONCE).
    fn apply(&self, batch: Batch) -> StoreResult<()>;

    /// Makes every applied batch durable. Never called again once it failed: after a failed
    /// sync, a second one may report success for pages that the system has dropped.
    fn sync(&self) -> StoreResult<()>;

    /// What its files take on disk, in bytes.
    fn disk_bytes(&self) -> StoreResult<u64>;

    /// Gives room back that removed and replaced values took, durably. Called by the writer thread
    /// between batches, after a [`sync`](Self::sync); reads go on meanwhile.
    ///
    /// After an error everything is as it was before, or every later [`apply`](Self::apply) fails.
    fn compact(&self) -> StoreResult<()>;
}

/// Writes in order; of two writes to one key the later counts.
#[derive(Debug, Default)]
pub struct Batch {
    /// A key, and its new value or `None` to remove it.
    pub writes: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}
