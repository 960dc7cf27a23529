//! sled as the back end, with the guard rails that its frozen 0.34.7 needs.
//!
//! * Its `flush` does not survive a power cut on Linux: it syncs a range of the file, not the
//!   file's length. So its file is synced again, by us, before anything is acknowledged.
//! * Its `flush_async` deadlocks. It is never called.
//! * Its `flush` may wait for good for a write that has failed. A thread looks for that: see `watchdog`.
//! * Large values go to files that are never synced. Ours are small: see `record`.
//! * It panics where others return errors. Every call is made under `catch_unwind`.
//! * It gives no room back. What is alive is copied into a fresh database: see `generation`.
//! * It notes where its pages are (its snapshot) only when it opens, and else reads its whole log.
//!   So it is opened again whenever enough was written since, and when it closes.

mod database;
mod watchdog;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Instant,
};

use self::database::Generation;
use super::{
    Embedded,
    directory::sync_directory,
    generation::{self, SwitchError},
    key_value::{Batch, KeyValue},
    shared::message,
};
use crate::{StoreError, StoreResult};

/// Keeps everything in a directory, with sled.
///
/// Clones share one store, and so does every opening of the same directory in one process.
pub type SledStorage = Embedded<Sled>;

/// How a sled store is opened.
#[derive(Clone, Debug)]
pub struct SledOptions {
    cache_bytes: u64,
}

impl Default for SledOptions {
    fn default() -> Self {
        // sled's own default is a gigabyte.
        Self {
            cache_bytes: 64 * 1024 * 1024,
        }
    }
}

impl SledOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Memory for sled's page cache, in bytes: 64 MiB if not set.
    #[must_use]
    pub fn cache_bytes(mut self, bytes: u64) -> Self {
        self.cache_bytes = bytes;
        self
    }

    /// Opens the store in `path`, making it if it is not there. If this process has it open,
    /// that one is shared, whatever its options.
    ///
    /// # Errors
    ///
    /// [`StoreError::Locked`] if another process has it open, [`StoreError::NewerFormat`] if a
    /// newer version made it, [`StoreError::Corrupt`] if it does not read as it was written, and
    /// [`StoreError::Io`] if the directory holds something else or the system refuses.
    pub fn open(&self, path: impl AsRef<Path>) -> StoreResult<SledStorage> {
        let own = [Sled::FILES, &generation::NAMES].concat();
        Embedded::open_with(path.as_ref(), &own, |directory| {
            Sled::open(&directory.path, self)
        })
    }
}

impl SledStorage {
    /// Opens the store in `path` with the default [`SledOptions`].
    ///
    /// # Errors
    ///
    /// Those of [`SledOptions::open`].
    pub fn open(path: impl AsRef<Path>) -> StoreResult<Self> {
        SledOptions::default().open(path)
    }
}

/// An open sled database.
#[derive(Debug)]
pub struct Sled {
    /// The directory of the store.
    path: PathBuf,
    options: SledOptions,
    /// Gone when it could not be opened again.
    current: RwLock<Option<Arc<Generation>>>,
    /// Nobody knows which generation would be there after a power cut.
    unsure: AtomicBool,
    /// Bytes of log that no snapshot covers, about.
    uncovered: AtomicU64,
    /// Bytes that were applied and are not durable yet, or never will be.
    applied: AtomicU64,
}

/// Most bytes of log that an opening has to read, about. Each time that so much was written, a commit
/// waits for such an opening.
const UNCOVERED: u64 = 64 * 1024 * 1024;
/// So many are left to the next opening when the store closes.
const UNCOVERED_AT_CLOSE: u64 = UNCOVERED / 8;

impl Sled {
    /// The names of its files.
    const FILES: &[&str] = &["db", "conf", "blobs", "snap.*"];

    fn open(path: &Path, options: &SledOptions) -> StoreResult<Self> {
        let number = generation::current(path)?;
        if number == 0 && !path.join("db").exists() && generation::has_later(path)? {
            return Err(StoreError::Corrupt {
                key: format!("store {}", path.display()),
                reason: "the file that names its generation is missing; restore it, or a backup"
                    .to_owned(),
            });
        }
        let current = Generation::open(path, number, options)?;
        generation::remove_others(path, number, Self::FILES)?;
        Ok(Self {
            path: path.to_owned(),
            options: options.clone(),
            current: RwLock::new(Some(Arc::new(current))),
            unsure: AtomicBool::new(false),
            uncovered: AtomicU64::new(0),
            applied: AtomicU64::new(0),
        })
    }

    fn current(&self) -> StoreResult<Arc<Generation>> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.clone().ok_or(StoreError::Closed)
    }

    /// Opens the database anew if more of its log is uncovered. A snapshot then covers all of it.
    fn cover(&self, most: u64) -> StoreResult<()> {
        let durable = self.applied.load(Ordering::Relaxed) == 0;
        if self.uncovered.load(Ordering::Relaxed) <= most || !durable {
            return Ok(());
        }
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let number = match current.take().map(Arc::try_unwrap) {
            // sled lets only one have its files.
            Some(Ok(old)) => old.number,
            // Another time: somebody reads.
            Some(Err(read)) => {
                *current = Some(read);
                return Ok(());
            }
            None => return Err(StoreError::Closed),
        };
        let begun = Instant::now();
        let fresh = Generation::open(&self.path, number, &self.options)?;
        let folder = generation::folder(&self.path, number);
        sync_directory(&folder)
            .map_err(|error| StoreError::io(format!("cannot sync {}", folder.display()), &error))?;
        *current = Some(Arc::new(fresh));
        let uncovered = self.uncovered.swap(0, Ordering::Relaxed);
        tracing::debug!(uncovered, took = ?begun.elapsed(), "opened sled again");
        Ok(())
    }

    /// Makes a copy of what is alive, durable but not counting yet.
    fn next_generation(&self, from: &Generation) -> StoreResult<Generation> {
        let number = from.number + 1;
        let folder = generation::prepare(&self.path, number)?;
        let next = Generation::open(&self.path, number, &self.options)?;
        // It goes away unless it comes to count.
        next.retired.store(true, Ordering::Release);
        next.copy(from)?;
        next.sync()?;
        // Once more, for a snapshot of it.
        next.retired.store(false, Ordering::Release);
        drop(next);
        let next = Generation::open(&self.path, number, &self.options)?;
        next.retired.store(true, Ordering::Release);
        generation::sync_files(&folder)?;
        Ok(next)
    }
}

impl Drop for Sled {
    fn drop(&mut self) {
        if !*self.unsure.get_mut() {
            // Merely for a quick opening.
            let _ = self.cover(UNCOVERED_AT_CLOSE);
        }
    }
}

impl KeyValue for Sled {
    const NAME: &'static str = "sled";
    const DURABLE_AT_ONCE: bool = false;
    type Bytes = ::sled::IVec;

    fn get(&self, key: &[u8]) -> StoreResult<Option<Self::Bytes>> {
        let current = self.current()?;
        let found = current.db().get(key);
        found.map_err(|error| current.failed("read", error))
    }

    fn scan(&self, prefix: &[u8], visit: &mut dyn FnMut(&[u8], &[u8])) -> StoreResult<()> {
        let current = self.current()?;
        for pair in current.db().scan_prefix(prefix) {
            let (key, value) = pair.map_err(|error| current.failed("read", error))?;
            visit(&key, &value);
        }
        Ok(())
    }

    fn apply(&self, batch: Batch) -> StoreResult<()> {
        if self.unsure.load(Ordering::Acquire) {
            return Err(StoreError::Io {
                context: "sled cannot write".to_owned(),
                message: "compacting the store failed halfway; open it again".to_owned(),
            });
        }
        self.cover(UNCOVERED)?;
        let mut writes = ::sled::Batch::default();
        let mut bytes = 0;
        for (key, value) in batch.writes {
            bytes += key.len() + value.as_ref().map_or(0, Vec::len);
            match value {
                Some(value) => writes.insert(key, value),
                None => writes.remove(key),
            }
        }
        self.applied.fetch_add(bytes as u64, Ordering::Relaxed);
        let current = self.current()?;
        let applied = current.db().apply_batch(writes);
        applied.map_err(|error| current.failed("write", error))
    }

    fn sync(&self) -> StoreResult<()> {
        let flushed = self.current()?.sync()?;
        // Of a large batch sled has written most before.
        let applied = self.applied.swap(0, Ordering::Relaxed);
        let log = applied.max(flushed as u64);
        self.uncovered.fetch_add(log, Ordering::Relaxed);
        Ok(())
    }

    fn disk_bytes(&self) -> StoreResult<u64> {
        let folder = generation::folder(&self.path, self.current()?.number);
        let bytes = generation::bytes(&folder, Self::FILES);
        bytes.map_err(|error| StoreError::io(format!("cannot list {}", folder.display()), &error))
    }

    fn compact(&self) -> StoreResult<()> {
        let old = self.current()?;
        let made = catch_unwind(AssertUnwindSafe(|| self.next_generation(&old)));
        let next = made.unwrap_or_else(|panic| {
            Err(StoreError::Io {
                context: "sled cannot write a fresh copy".to_owned(),
                message: message(&*panic).to_owned(),
            })
        })?;
        match generation::switch(&self.path, next.number) {
            Ok(()) => {}
            Err(SwitchError::Before(error)) => return Err(error),
            Err(SwitchError::Unsure(error)) => {
                next.retired.store(false, Ordering::Release);
                self.unsure.store(true, Ordering::Release);
                return Err(error);
            }
        }
        next.retired.store(false, Ordering::Release);
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        *current = Some(Arc::new(next));
        drop(current);
        self.uncovered.store(0, Ordering::Relaxed);
        // The last of its readers removes it.
        old.retired.store(true, Ordering::Release);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1024 * 1024;

    fn open(path: &Path) -> Sled {
        Sled::open(path, &SledOptions::new()).expect("open")
    }

    /// Writes so many MiB, one in a batch, under keys that begin with this.
    fn write(store: &Sled, begin: u8, mebibytes: u8) {
        for number in 0..mebibytes {
            let pair = |part: u8| (vec![begin, number, part], Some(vec![number; 4096]));
            let writes = (0..=u8::MAX).map(pair).collect();
            store.apply(Batch { writes }).expect("apply");
            store.sync().expect("sync");
        }
    }

    fn count(store: &Sled) -> usize {
        let mut count = 0;
        store.scan(&[], &mut |_, _| count += 1).expect("scan");
        count
    }

    /// How far into the log the newest snapshot reaches: that is its name.
    fn covered(folder: &Path) -> u64 {
        let files = std::fs::read_dir(folder).expect("list");
        let names = files.map(|file| file.expect("file").file_name());
        let ends = names.filter_map(|name| {
            let end = name.to_str()?.strip_prefix("snap.")?;
            u64::from_str_radix(end, 16).ok()
        });
        ends.max().unwrap_or(0)
    }

    #[test]
    fn an_opening_has_little_to_read_after_a_kill_and_nothing_after_a_close() {
        let directory = tempfile::tempdir().expect("directory");
        let store = open(directory.path());
        let mut written = 0;
        while covered(directory.path()) == 0 {
            write(&store, written, 1);
            written += 1;
            assert!(u64::from(written) * MIB <= UNCOVERED + MIB);
        }
        // More than is left to the next opening.
        write(&store, written, 16);
        drop(store);
        let batches = u64::from(written) + 16;
        assert!(covered(directory.path()) >= batches * MIB);
        let store = open(directory.path());
        let pairs = 256 * usize::try_from(batches).expect("small");
        assert_eq!(count(&store), pairs);
        // So does a copy.
        store.compact().expect("compact");
        let copy = generation::folder(directory.path(), 1);
        assert!(covered(&copy) >= batches * MIB);
        assert_eq!(
            count(&store),
            256 * usize::try_from(batches).expect("small")
        );
    }

    #[test]
    fn it_is_opened_again_when_nobody_reads() {
        let directory = tempfile::tempdir().expect("directory");
        let store = open(directory.path());
        write(&store, 0, 1);
        let reader = store.current().expect("open");
        store.uncovered.store(UNCOVERED + 1, Ordering::Relaxed);
        write(&store, 1, 1);
        assert_eq!(covered(directory.path()), 0);
        drop(reader);
        write(&store, 2, 1);
        assert!(covered(directory.path()) >= 2 * MIB);
        assert_eq!(count(&store), 3 * 256);
    }

    #[test]
    fn a_snapshot_that_was_cut_short_is_made_again() {
        let directory = tempfile::tempdir().expect("directory");
        let store = open(directory.path());
        write(&store, 0, 5);
        drop(store);
        let half = directory.path().join("snap.0FFFFFFFFFFFFFFF.generating");
        std::fs::write(&half, [0; 5]).expect("write");
        assert_eq!(count(&open(directory.path())), 5 * 256);
        assert!(!half.exists());
    }

    #[test]
    fn settings_that_were_cut_short_are_made_again() {
        let whole = tempfile::tempdir().expect("directory");
        drop(open(whole.path()));
        let settings = std::fs::read(whole.path().join("conf")).expect("read");
        for length in 0..settings.len() {
            let directory = tempfile::tempdir().expect("directory");
            let cut = &settings[..length];
            std::fs::write(directory.path().join("conf"), cut).expect("write");
            assert_eq!(count(&open(directory.path())), 0);
        }
    }

    #[test]
    fn a_store_that_cannot_be_opened_again_takes_no_more() {
        let directory = tempfile::tempdir().expect("directory");
        let store = open(directory.path());
        write(&store, 0, 1);
        // sled wants a file.
        let snapshot = directory.path().join("snap.0FFFFFFFFFFFFFFF");
        std::fs::create_dir(&snapshot).expect("a folder");
        store.uncovered.store(UNCOVERED + 1, Ordering::Relaxed);
        store.apply(Batch::default()).expect_err("it does not open");
        store.apply(Batch::default()).expect_err("it is not open");
        store.get(&[0, 0, 0]).expect_err("it is not open");
        drop(store);
        std::fs::remove_dir(&snapshot).expect("the folder");
        assert_eq!(count(&open(directory.path())), 256);
    }
}
