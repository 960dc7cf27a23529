//! sled as the back end, with the guard rails that its frozen 0.34.7 needs.
//!
//! * Its `flush` does not survive a power cut on Linux: it syncs a range of the file, not the
//!   file's length. So its file is synced again, by us, before anything is acknowledged.
//! * Its `flush_async` deadlocks. It is never called.
//! * Large values go to files that are never synced. Ours are small: see `record`.
//! * It panics where others return errors. Every call is made under `catch_unwind`.

use std::{
    fs::File,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    thread,
    time::{Duration, Instant},
};

use super::{
    Embedded,
    key_value::{Batch, KeyValue},
    lock,
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
        Embedded::open_with(path.as_ref(), Sled::FILES, |directory| {
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

/// A snapshot that was being written when the disk was full or the process ended. sled takes it
/// for the newest one and refuses to open; without it, it reads its log. Nobody else writes here:
/// the lock is ours.
fn remove_half_made_snapshots(path: &Path) -> std::io::Result<()> {
    if !path.exists() {
        return Ok(());
    }
    for file in std::fs::read_dir(path)? {
        let file = file?;
        let name = file.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            std::fs::remove_file(file.path())?;
        }
    }
    Ok(())
}

/// An open sled database.
#[derive(Debug)]
pub struct Sled {
    db: ::sled::Db,
    /// The file of `db`, to sync it properly.
    file: File,
}

impl Sled {
    /// How the names of its files begin.
    const FILES: &[&str] = &["db", "conf", "blobs", "snap."];

    fn open(path: &Path, options: &SledOptions) -> StoreResult<Self> {
        let context = || format!("cannot open the sled store {}", path.display());
        remove_half_made_snapshots(path).map_err(|error| StoreError::io(context(), &error))?;
        let config = ::sled::Config::new()
            .path(path)
            .cache_capacity(options.cache_bytes)
            .mode(::sled::Mode::HighThroughput)
            .flush_every_ms(Some(500));
        let begun = Instant::now();
        let db = loop {
            let opened = catch_unwind(AssertUnwindSafe(|| config.open()));
            match opened {
                Ok(Ok(db)) => break db,
                // We hold our own lock, so this is a store that was just dropped: sled lets go
                // of its lock late.
                Ok(Err(error)) if is_locked(&error) && begun.elapsed() < lock::PATIENCE => {
                    thread::sleep(Duration::from_millis(2));
                }
                Ok(Err(error)) if is_locked(&error) => {
                    return Err(StoreError::Locked {
                        path: path.to_owned(),
                        holder: "another process".to_owned(),
                    });
                }
                Ok(Err(::sled::Error::Io(error))) => return Err(StoreError::io(context(), &error)),
                Ok(Err(error)) => return Err(unreadable(path, &error.to_string())),
                Err(panic) => return Err(unreadable(path, message(&*panic))),
            }
        };
        // Writable, because some systems do not sync through a handle that only reads.
        let file = File::options().read(true).write(true).open(path.join("db"));
        let file = file.map_err(|error| StoreError::io(context(), &error))?;
        Ok(Self { db, file })
    }
}

/// sled has no kind of error for it.
fn is_locked(error: &::sled::Error) -> bool {
    matches!(error, ::sled::Error::Io(error) if error.to_string().contains("acquire lock"))
}

fn unreadable(path: &Path, reason: &str) -> StoreError {
    StoreError::Corrupt {
        key: format!("store {}", path.display()),
        reason: format!("sled cannot open it: {reason}"),
    }
}

fn failed(doing: &str, error: ::sled::Error) -> StoreError {
    match error {
        ::sled::Error::Corruption { .. } => StoreError::Corrupt {
            key: "sled".to_owned(),
            reason: error.to_string(),
        },
        error => StoreError::Io {
            context: format!("sled cannot {doing}"),
            message: error.to_string(),
        },
    }
}

impl KeyValue for Sled {
    const NAME: &'static str = "sled";
    type Bytes = ::sled::IVec;

    fn get(&self, key: &[u8]) -> StoreResult<Option<Self::Bytes>> {
        self.db.get(key).map_err(|error| failed("read", error))
    }

    fn scan(&self, prefix: &[u8], visit: &mut dyn FnMut(&[u8], &[u8])) -> StoreResult<()> {
        for pair in self.db.scan_prefix(prefix) {
            let (key, value) = pair.map_err(|error| failed("read", error))?;
            visit(&key, &value);
        }
        Ok(())
    }

    fn apply(&self, batch: Batch) -> StoreResult<()> {
        let mut writes = ::sled::Batch::default();
        for (key, value) in batch.writes {
            match value {
                Some(value) => writes.insert(key, value),
                None => writes.remove(key),
            }
        }
        let applied = self.db.apply_batch(writes);
        applied.map_err(|error| failed("write", error))
    }

    fn sync(&self) -> StoreResult<()> {
        self.db.flush().map_err(|error| failed("flush", error))?;
        let synced = self.file.sync_data();
        synced.map_err(|error| StoreError::io("cannot sync sled's file", &error))
    }
}
