//! redb as the back end: one file, transactions of its own, and one sync for each of them.
//!
//! It checks what it reads after a crash, not on every read, and may panic over a file that
//! somebody else has changed. Ours are the checksums of the records; panics are caught above.
//!
//! After a process was killed, an opening walks the whole file: 0.6 s of one core for a file of 500 MiB
//! with a million journal entries. Its `quick_repair` would make that 6 ms, but only if the last commit
//! had it, so each commit would be synced twice: 8 ms in place of 4. A kill is rarer than a commit.

use std::{
    fmt,
    fs::{self, File},
    io::Read,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

use ::redb::{
    Builder, CommitError, Database, DatabaseError, Durability, ReadableDatabase, StorageError,
    TableError, TransactionError, WriteTransaction,
};

mod trees;

use self::trees::Trees;
use super::{
    Embedded,
    directory::{Directory, create_private, sync_directory},
    key_value::{Batch, KeyValue},
    marker,
    shared::message,
};
use crate::{StoreError, StoreResult};

/// Keeps everything in a directory, with redb.
///
/// Clones share one store, and so does every opening of the same directory in one process.
pub type RedbStorage = Embedded<Redb>;

/// How a redb store is opened.
#[derive(Clone, Debug)]
pub struct RedbOptions {
    cache_bytes: u64,
}

impl Default for RedbOptions {
    fn default() -> Self {
        // redb's own default is a gigabyte.
        Self {
            cache_bytes: 64 * 1024 * 1024,
        }
    }
}

impl RedbOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Memory for redb's page cache, in bytes: 64 MiB if not set.
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
    /// newer version made it, [`StoreError::Corrupt`] if it does not read as it was written,
    /// [`StoreError::Full`] if there is no room for it, and [`StoreError::Io`] if the directory
    /// holds something else or the system refuses.
    pub fn open(&self, path: impl AsRef<Path>) -> StoreResult<RedbStorage> {
        Embedded::open_with(path.as_ref(), Redb::FILES, |directory| {
            Redb::open(directory, self)
        })
    }
}

impl RedbStorage {
    /// Opens the store in `path` with the default [`RedbOptions`].
    ///
    /// # Errors
    ///
    /// Those of [`RedbOptions::open`].
    pub fn open(path: impl AsRef<Path>) -> StoreResult<Self> {
        RedbOptions::default().open(path)
    }
}

/// How the name of a copy ends that is to take the place of the store.
const COPY: &str = "redb.new";

/// How much of a store is copied in one transaction, in bytes.
const COPIED_AT_ONCE: usize = 4 * 1024 * 1024;

/// An open redb database, or a snapshot of it.
pub struct Redb {
    /// Replaced when the store is compacted. Snapshots keep the one they are of.
    db: RwLock<Arc<Database>>,
    /// Its file.
    path: PathBuf,
    cache_bytes: usize,
    /// Nobody knows whether the file would be this one after a power cut, or the one before it.
    unsure: AtomicBool,
    /// What a snapshot reads; the store itself reads what is newest.
    snapshot: Option<Trees>,
}

impl fmt::Debug for Redb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redb").field("path", &self.path).finish()
    }
}

impl Redb {
    /// The names of its files.
    const FILES: &[&str] = &["agno.redb"];

    fn open(directory: &Directory, options: &RedbOptions) -> StoreResult<Self> {
        let path = directory.path.join(Self::FILES[0]);
        let context = || format!("cannot open the redb store {}", path.display());
        let file = create_private(&path)
            .and_then(|file| restart_what_was_cut_short(&directory.path, file))
            .map_err(|error| StoreError::written(&path, context(), &error))?;
        // It would lock the file as well; the lock is ours.
        drop(file);
        remove(&path.with_extension(COPY)).map_err(|error| StoreError::io(context(), &error))?;
        let cache_bytes = usize::try_from(options.cache_bytes).unwrap_or(usize::MAX);
        Self::of(path, cache_bytes, |builder, path| builder.create(path))
    }

    /// Opens a database and makes its large tree.
    fn of(
        path: PathBuf,
        cache_bytes: usize,
        open: impl FnOnce(&Builder, &Path) -> Result<Database, DatabaseError>,
    ) -> StoreResult<Self> {
        let mut builder = Builder::new();
        builder.set_cache_size(cache_bytes);
        let unreadable = |reason: &str| StoreError::Corrupt {
            key: format!("store {}", path.display()),
            reason: format!("redb cannot open it: {reason}; restore a backup, or import an export"),
        };
        let db = match catch_unwind(AssertUnwindSafe(|| open(&builder, &path))) {
            Ok(Ok(db)) => RwLock::new(Arc::new(db)),
            Ok(Err(DatabaseError::DatabaseAlreadyOpen)) => {
                return Err(StoreError::Locked {
                    path,
                    holder: "another program".to_owned(),
                });
            }
            Ok(Err(DatabaseError::Storage(StorageError::Io(error))))
                if error.kind() != std::io::ErrorKind::InvalidData =>
            {
                let context = format!("cannot open the redb store {}", path.display());
                return Err(StoreError::written(&path, context, &error));
            }
            Ok(Err(error)) => return Err(unreadable(&error.to_string())),
            Err(panic) => return Err(unreadable(message(&*panic))),
        };
        let store = Self {
            db,
            path,
            cache_bytes,
            unsure: AtomicBool::new(false),
            snapshot: None,
        };
        let prepared = catch_unwind(AssertUnwindSafe(|| store.prepare()));
        let damaged = |reason: &str| Failure::Storage(StorageError::Corrupted(reason.to_owned()));
        prepared
            .unwrap_or_else(|panic| Err(damaged(message(&*panic))))
            .map_err(|error| store.failed("open", error))?;
        Ok(store)
    }

    /// Makes the large tree, or sees that both are whole.
    fn prepare(&self) -> Result<(), Failure> {
        let trees = match self.trees() {
            Err(Failure::Table(TableError::TableDoesNotExist(_))) => {
                return self.write(trees::create);
            }
            trees => trees?,
        };
        if trees.go_together()? {
            return Ok(());
        }
        let reason = "its newest records are missing, or are not its own; restore a backup";
        Err(StorageError::Corrupted(reason.to_owned()).into())
    }

    fn db(&self) -> Arc<Database> {
        let db = self.db.read();
        db.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is in it now.
    fn trees(&self) -> Result<Trees, Failure> {
        Trees::read(&self.db().begin_read()?)
    }

    fn reading<T>(&self, read: impl FnOnce(&Trees) -> Result<T, StorageError>) -> StoreResult<T> {
        let result = match &self.snapshot {
            Some(trees) => read(trees).map_err(Failure::from),
            None => self.trees().and_then(|trees| Ok(read(&trees)?)),
        };
        result.map_err(|error| self.failed("read", error))
    }

    fn write(
        &self,
        write: impl FnOnce(&WriteTransaction) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let db = self.db();
        let mut transaction = db.begin_write()?;
        // The default; everything rests on it.
        transaction
            .set_durability(Durability::Immediate)
            .map_err(|error| StorageError::Corrupted(error.to_string()))?;
        write(&transaction)?;
        Ok(transaction.commit()?)
    }

    /// Writes all that is alive into a fresh file, durably.
    fn copy_to(&self, path: &Path) -> StoreResult<Self> {
        let copy = Self::of(path.to_owned(), self.cache_bytes, |builder, path| {
            builder.create(path)
        })?;
        let fill = |batch: &Batch| {
            let filled = copy.write(|transaction| trees::fill(transaction, batch));
            filled.map_err(|error| copy.failed("write", error))
        };
        let (mut batch, mut bytes, mut filled) = (Batch::default(), 0, Ok(()));
        self.reading(|trees| {
            trees.scan(&[], &mut |key, value| {
                bytes += key.len() + value.len();
                batch.writes.push((key.to_vec(), Some(value.to_vec())));
                if bytes >= COPIED_AT_ONCE {
                    bytes = 0;
                    filled = fill(&mem::take(&mut batch));
                }
                filled.is_ok()
            })
        })?;
        filled?;
        fill(&batch)?;
        Ok(copy)
    }

    fn failed(&self, doing: &str, error: Failure) -> StoreError {
        let context = || format!("redb cannot {doing} {}", self.path.display());
        match error.storage() {
            Ok(StorageError::Corrupted(reason)) => StoreError::Corrupt {
                key: format!("store {}", self.path.display()),
                reason,
            },
            Ok(StorageError::Io(error)) => StoreError::written(&self.path, context(), &error),
            Ok(error) => StoreError::Io {
                context: context(),
                message: error.to_string(),
            },
            Err(message) => StoreError::Corrupt {
                key: format!("store {}", self.path.display()),
                reason: message,
            },
        }
    }
}

/// What a file takes on disk. redb doubles the length of its own ahead of what it writes.
fn taken(file: &fs::Metadata) -> u64 {
    #[cfg(unix)]
    let bytes = std::os::unix::fs::MetadataExt::blocks(file) * 512;
    #[cfg(not(unix))]
    let bytes = file.len();
    bytes
}

/// Removes a file, if it is there.
fn remove(path: &Path) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// A file that redb had no time to put its name on is none to it. Nothing of ours is in it: a
/// store gets its marker when it is whole.
fn restart_what_was_cut_short(directory: &Path, mut file: File) -> std::io::Result<File> {
    let mut beginning = Vec::new();
    file.by_ref().take(16).read_to_end(&mut beginning)?;
    let unnamed = beginning.iter().take(9).all(|byte| *byte == 0);
    if !beginning.is_empty() && unnamed && !directory.join(marker::FILE).exists() {
        file.set_len(0)?;
    }
    Ok(file)
}

/// What redb answers, in its several types.
#[derive(Debug)]
enum Failure {
    Table(TableError),
    Transaction(TransactionError),
    Commit(CommitError),
    Storage(StorageError),
}

impl Failure {
    /// The failure of its file, or words for what can only be another program's doing.
    fn storage(self) -> Result<StorageError, String> {
        match self {
            Self::Table(TableError::Storage(error))
            | Self::Transaction(TransactionError::Storage(error))
            | Self::Commit(CommitError::Storage(error))
            | Self::Storage(error) => Ok(error),
            Self::Table(error) => Err(error.to_string()),
            Self::Transaction(error) => Err(error.to_string()),
            Self::Commit(error) => Err(error.to_string()),
        }
    }
}

impl From<TableError> for Failure {
    fn from(error: TableError) -> Self {
        Self::Table(error)
    }
}

impl From<TransactionError> for Failure {
    fn from(error: TransactionError) -> Self {
        Self::Transaction(error)
    }
}

impl From<CommitError> for Failure {
    fn from(error: CommitError) -> Self {
        Self::Commit(error)
    }
}

impl From<StorageError> for Failure {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

/// A value where redb has it.
pub struct Value(trees::Guard);

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Value").field(&self.as_ref()).finish()
    }
}

impl AsRef<[u8]> for Value {
    fn as_ref(&self) -> &[u8] {
        self.0.value()
    }
}

impl KeyValue for Redb {
    const NAME: &'static str = "redb";
    const DURABLE_AT_ONCE: bool = true;
    type Bytes = Value;

    fn get(&self, key: &[u8]) -> StoreResult<Option<Value>> {
        self.reading(|trees| Ok(trees.get(key)?.map(Value)))
    }

    fn scan(&self, prefix: &[u8], visit: &mut dyn FnMut(&[u8], &[u8])) -> StoreResult<()> {
        self.reading(|trees| {
            trees.scan(prefix, &mut |key, value| {
                let within = key.starts_with(prefix);
                if within {
                    visit(key, value);
                }
                within
            })
        })
    }

    fn snapshot(&self) -> StoreResult<Option<Self>> {
        let db = self.db();
        let trees = db.begin_read().map_err(Failure::from);
        let trees = trees.and_then(|transaction| Trees::read(&transaction));
        let trees = trees.map_err(|error| self.failed("read", error))?;
        Ok(Some(Self {
            db: RwLock::new(db),
            path: self.path.clone(),
            cache_bytes: self.cache_bytes,
            unsure: AtomicBool::new(false),
            snapshot: Some(trees),
        }))
    }

    fn apply(&self, batch: Batch) -> StoreResult<()> {
        if self.unsure.load(Ordering::Acquire) {
            return Err(StoreError::Io {
                context: format!("redb cannot write {}", self.path.display()),
                message: "compacting the store failed halfway; open it again".to_owned(),
            });
        }
        let written = self.write(|transaction| trees::write(transaction, &batch));
        written.map_err(|error| self.failed("write", error))
    }

    fn sync(&self) -> StoreResult<()> {
        Ok(())
    }

    fn disk_bytes(&self) -> StoreResult<u64> {
        let file = fs::metadata(&self.path).map_err(|error| {
            StoreError::io(format!("cannot look at {}", self.path.display()), &error)
        })?;
        Ok(taken(&file))
    }

    fn compact(&self) -> StoreResult<()> {
        // redb's own way would need every reader to be gone. A fresh copy takes less room, too.
        let fresh = self.path.with_extension(COPY);
        let failed = |error: &std::io::Error| {
            StoreError::written(
                &self.path,
                format!("cannot write {}", fresh.display()),
                error,
            )
        };
        remove(&fresh).map_err(|error| failed(&error))?;
        let copied = create_private(&fresh)
            .map_err(|error| failed(&error))
            .and_then(|_| self.copy_to(&fresh));
        let copy = copied.inspect_err(|_| drop(remove(&fresh)))?;
        if let Err(error) = fs::rename(&fresh, &self.path) {
            drop(copy);
            drop(remove(&fresh));
            return Err(failed(&error));
        }
        *self.db.write().unwrap_or_else(PoisonError::into_inner) = copy.db();
        let synced = self.path.parent().map_or(Ok(()), sync_directory);
        synced.map_err(|error| {
            self.unsure.store(true, Ordering::Release);
            failed(&error)
        })
    }
}

#[cfg(test)]
mod tests;
