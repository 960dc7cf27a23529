//! One open database of sled, which is a generation of the store.

use std::{
    fs::File,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use super::{Sled, SledOptions, watchdog::Watchdog};
use crate::{
    StoreError, StoreResult,
    embedded::{generation, lock, shared::message},
};

/// One database, whole. Readers that still use it keep it, and the last of them removes it once
/// it is retired.
#[derive(Debug)]
pub(super) struct Generation {
    store: PathBuf,
    pub(super) number: u64,
    /// Taken when dropped.
    db: Option<::sled::Db>,
    /// Taken when dropped, before `db`.
    watchdog: Option<Watchdog>,
    /// The file of `db`, to sync it properly.
    file: File,
    pub(super) retired: AtomicBool,
}

impl Drop for Generation {
    fn drop(&mut self) {
        // sled writes once more as it goes, so its files are removed after it. A panic there, or
        // a file that stays, changes nothing of what counts.
        drop(self.watchdog.take());
        let db = self.db.take();
        let _ = catch_unwind(AssertUnwindSafe(|| drop(db)));
        if self.retired.load(Ordering::Acquire) {
            let _ = generation::retire(&self.store, self.number, Sled::FILES);
        }
    }
}

impl Generation {
    pub(super) fn open(store: &Path, number: u64, options: &SledOptions) -> StoreResult<Self> {
        let path = &generation::folder(store, number);
        let context = || format!("cannot open the sled store {}", path.display());
        remove_half_made_settings(path)
            .and_then(|()| remove_half_made_snapshots(path))
            .and_then(|()| sync_log(path))
            .map_err(|error| StoreError::written(store, context(), &error))?;
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
                Ok(Err(::sled::Error::Io(error))) => {
                    return Err(StoreError::written(store, context(), &error));
                }
                Ok(Err(error)) => return Err(unreadable(path, &error.to_string())),
                Err(panic) => return Err(unreadable(path, message(&*panic))),
            }
        };
        // Writable, because some systems do not sync through a handle that only reads.
        let file = File::options().read(true).write(true).open(path.join("db"));
        let file = file.map_err(|error| StoreError::io(context(), &error))?;
        let watchdog = Watchdog::start(&db).map_err(|error| StoreError::io(context(), &error))?;
        Ok(Self {
            store: store.to_owned(),
            number,
            db: Some(db),
            watchdog: Some(watchdog),
            file,
            retired: AtomicBool::new(false),
        })
    }

    pub(super) fn db(&self) -> &::sled::Db {
        self.db.as_ref().expect("taken only when dropped")
    }

    /// Makes all that was written durable. Answers how much of the log that was.
    pub(super) fn sync(&self) -> StoreResult<usize> {
        let flushed = self.db().flush();
        let flushed = flushed.map_err(|error| self.failed("flush", error))?;
        let synced = self.file.sync_data();
        synced
            .map_err(|error| StoreError::written(&self.store, "cannot sync sled's file", &error))?;
        Ok(flushed)
    }

    /// Takes over every pair of another one.
    pub(super) fn copy(&self, from: &Self) -> StoreResult<()> {
        let (mut writes, mut bytes) = (::sled::Batch::default(), 0);
        for pair in from.db().iter() {
            let (key, value) = pair.map_err(|error| from.failed("read", error))?;
            bytes += key.len() + value.len();
            writes.insert(key, value);
            if bytes >= COPIED_AT_ONCE {
                bytes = 0;
                self.take_over(mem::take(&mut writes))?;
            }
        }
        self.take_over(writes)
    }

    /// Until it is flushed, sled keeps the room of every page that it has split: without that a copy
    /// came to 2.7 times what is alive, with it to 1.7 times.
    fn take_over(&self, writes: ::sled::Batch) -> StoreResult<()> {
        let applied = self.db().apply_batch(writes);
        applied.map_err(|error| self.failed("write", error))?;
        let flushed = self.db().flush();
        flushed.map_err(|error| self.failed("flush", error))?;
        Ok(())
    }

    pub(super) fn failed(&self, doing: &str, error: ::sled::Error) -> StoreError {
        match error {
            ::sled::Error::Corruption { .. } => StoreError::Corrupt {
                key: "sled".to_owned(),
                reason: error.to_string(),
            },
            ::sled::Error::Io(error) => {
                StoreError::written(&self.store, format!("sled cannot {doing}"), &error)
            }
            error => StoreError::Io {
                context: format!("sled cannot {doing}"),
                message: error.to_string(),
            },
        }
    }
}

/// How much of a store is copied in one batch, in bytes.
const COPIED_AT_ONCE: usize = 2 * 1024 * 1024;

/// sled has no kind of error for it.
fn is_locked(error: &::sled::Error) -> bool {
    matches!(error, ::sled::Error::Io(error) if error.to_string().contains("acquire lock"))
}

fn unreadable(path: &Path, reason: &str) -> StoreError {
    StoreError::Corrupt {
        key: format!("store {}", path.display()),
        // What it says of places and traces says nothing.
        reason: format!(
            "sled cannot open it: {}; restore a backup, or import an export",
            reason.replace(" at file offset None backtrace ()", "")
        ),
    }
}

/// How sled's settings begin.
const SETTINGS: &[u8] = b"segment_size: ";

/// sled writes its settings in two parts, then makes its log, and refuses to open with one part of them. As
/// long as there is no log, they are the settings of nothing.
fn remove_half_made_settings(path: &Path) -> std::io::Result<()> {
    if path.join("db").try_exists()? {
        return Ok(());
    }
    let settings = path.join("conf");
    match std::fs::read(&settings) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        // Anything else of this name is somebody else's.
        Ok(found) if !found.starts_with(SETTINGS) && !SETTINGS.starts_with(&found) => Ok(()),
        found => found.and_then(|_| std::fs::remove_file(&settings)),
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
        let Some(end) = name.strip_prefix("snap.") else {
            continue;
        };
        let (number, is_half) = match end.strip_suffix(".generating") {
            Some(number) => (number, true),
            None => (end, false),
        };
        // sled takes whatever begins so for a snapshot, and says that it is damaged.
        if number.len() != 16 || u64::from_str_radix(number, 16).is_err() {
            let problem = format!(
                "`{name}` is no file of the store, and sled would read it as one; move it elsewhere"
            );
            return Err(std::io::Error::new(
                std::io::ErrorKind::InvalidInput,
                problem,
            ));
        }
        if is_half {
            std::fs::remove_file(file.path())?;
        }
    }
    Ok(())
}

/// What was written last and never synced, by a process that was killed or by sled as it went. A
/// snapshot of it that is durable earlier would name pages that a power cut can take.
fn sync_log(path: &Path) -> std::io::Result<()> {
    // Writable, because some systems do not sync through a handle that only reads.
    match File::options().read(true).write(true).open(path.join("db")) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        file => file?.sync_all(),
    }
}
