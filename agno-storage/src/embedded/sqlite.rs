//! SQLite as the back end: one file with a write-ahead log, which each commit syncs once.
//!
//! * One connection writes, on the writer thread. Readers have connections of their own: each
//!   reads a snapshot, and none waits while a commit is synced. `locking_mode=EXCLUSIVE` would
//!   shut them out, so instead all connections are of SQLite's `unix-excl`, which keeps other
//!   processes out and the index of the log in memory that they share, in no file.
//! * It has no checksums of its pages in the file. Ours are those of the records.

mod tables;

use std::{
    fmt, fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use self::tables::Tables;
use super::{
    Embedded,
    directory::{Directory, create_private},
    key_value::{Batch, KeyValue},
};
use crate::{StoreError, StoreResult};

/// Keeps everything in a directory, with SQLite.
///
/// Clones share one store, and so does every opening of the same directory in one process.
pub type SqliteStorage = Embedded<Sqlite>;

/// How a SQLite store is opened.
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    cache_bytes: u64,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            cache_bytes: 64 * 1024 * 1024,
        }
    }
}

impl SqliteOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Memory for SQLite's page caches, in bytes: 64 MiB if not set. A small part of it is the
    /// writer's, the rest is for the readers that are kept ready.
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
    pub fn open(&self, path: impl AsRef<Path>) -> StoreResult<SqliteStorage> {
        Embedded::open_with(path.as_ref(), Sqlite::FILES, |directory| {
            Sqlite::open(directory, self)
        })
    }
}

impl SqliteStorage {
    /// Opens the store in `path` with the default [`SqliteOptions`].
    ///
    /// # Errors
    ///
    /// Those of [`SqliteOptions::open`].
    pub fn open(path: impl AsRef<Path>) -> StoreResult<Self> {
        SqliteOptions::default().open(path)
    }
}

/// Readers that are kept when they are done. More may read at once.
const IDLE_READERS: usize = 4;

/// The writer gets one of so many parts of the cache: with each commit SQLite walks through all of it, and
/// what is written lies together.
const WRITERS_PART: u64 = 32;

/// The log is written back into the database when it has so many pages of 4 KiB. What waits for
/// it is one commit; what grows with it is the time to open after a crash.
const LOG_PAGES: u32 = 2000;

/// An open SQLite database, or a snapshot of it.
pub struct Sqlite {
    file: Arc<DatabaseFile>,
    /// Used by one thread at a time as it is; the lock says so to the compiler.
    connection: Mutex<Option<Connection>>,
    tables: Tables,
    is_snapshot: bool,
}

/// What the store and its snapshots share.
struct DatabaseFile {
    path: PathBuf,
    cache_bytes: u64,
    idle: Mutex<Vec<Connection>>,
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqlite")
            .field("path", &self.file.path)
            .finish()
    }
}

impl Sqlite {
    /// The names of its files. Those of the log are made with the rights of the first.
    const FILES: &[&str] = &["agno.sqlite", "agno.sqlite-*"];

    fn open(directory: &Directory, options: &SqliteOptions) -> StoreResult<Self> {
        let path = directory.path.join(Self::FILES[0]);
        create_private(&path).map_err(|error| {
            let context = format!("cannot open the SQLite store {}", path.display());
            StoreError::written(&path, context, &error)
        })?;
        let file = DatabaseFile {
            path,
            cache_bytes: options.cache_bytes,
            idle: Mutex::default(),
        };
        let (connection, tables) = file
            .connect(options.cache_bytes / WRITERS_PART)
            .and_then(|connection| file.prepare(connection))
            .map_err(|error| file.failed("open", &error))?;
        Ok(Self {
            file: Arc::new(file),
            connection: Mutex::new(Some(connection)),
            tables,
            is_snapshot: false,
        })
    }

    fn with<T>(
        &self,
        doing: &str,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> StoreResult<T> {
        let connection = locked(&self.connection);
        let connection = connection.as_ref().ok_or(StoreError::Closed)?;
        work(connection).map_err(|error| self.file.failed(doing, &error))
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl DatabaseFile {
    fn connect(&self, cache_bytes: u64) -> rusqlite::Result<Connection> {
        // A connection is used by one thread at a time: no locks of SQLite's own.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        #[cfg(unix)]
        let connection = Connection::open_with_flags_and_vfs(&self.path, flags, "unix-excl")?;
        #[cfg(not(unix))]
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "fullfsync", true)?;
        connection.pragma_update(None, "checkpoint_fullfsync", true)?;
        connection.pragma_update(None, "cell_size_check", true)?;
        connection.pragma_update(None, "trusted_schema", false)?;
        let kibibytes = i64::try_from(cache_bytes / 1024)
            .unwrap_or(i64::MAX)
            .max(64);
        connection.pragma_update(None, "cache_size", -kibibytes)?;
        Ok(connection)
    }

    /// Makes the connection the one that writes.
    fn prepare(&self, connection: Connection) -> rusqlite::Result<(Connection, Tables)> {
        let is_wal = |row: &rusqlite::Row<'_>| {
            let mode: String = row.get(0)?;
            match mode.as_str() {
                "wal" => Ok(()),
                _ => Err(rusqlite::Error::InvalidParameterName(format!(
                    "the journal mode is {mode}, not WAL"
                ))),
            }
        };
        connection.pragma_update_and_check(None, "journal_mode", "WAL", is_wal)?;
        connection.pragma_update_and_check(None, "wal_autocheckpoint", LOG_PAGES, |_| Ok(()))?;
        let tables = Tables::prepare(&connection)?;
        // Asked again: it was seen to say WAL when the change of the file had failed to sync, and to go on
        // with a journal whose removal nobody makes durable.
        connection.pragma_query(None, "journal_mode", is_wal)?;
        Ok((connection, tables))
    }

    fn failed(&self, doing: &str, error: &rusqlite::Error) -> StoreError {
        let message = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => StoreError::Full {
                path: self.path.clone(),
                message,
            },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => self.corrupt(message),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Locked {
                path: self.path.clone(),
                holder: "another program".to_owned(),
            },
            Some(_) => StoreError::Io {
                context: format!("SQLite cannot {doing} {}", self.path.display()),
                message,
            },
            // What was read is not what we write.
            None => self.corrupt(message),
        }
    }

    fn corrupt(&self, reason: String) -> StoreError {
        StoreError::Corrupt {
            key: format!("store {}", self.path.display()),
            reason,
        }
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        let connection = self.connection.get_mut();
        let connection = connection.unwrap_or_else(PoisonError::into_inner).take();
        if let (true, Some(reader)) = (self.is_snapshot, connection)
            && reader.execute_batch("COMMIT").is_ok()
        {
            let mut idle = locked(&self.file.idle);
            if idle.len() < IDLE_READERS {
                idle.push(reader);
            }
        }
    }
}

impl KeyValue for Sqlite {
    const NAME: &'static str = "sqlite";
    const DURABLE_AT_ONCE: bool = true;
    type Bytes = Vec<u8>;

    fn get(&self, key: &[u8]) -> StoreResult<Option<Vec<u8>>> {
        self.with("read", |connection| self.tables.get(connection, key))
    }

    fn scan(&self, prefix: &[u8], visit: &mut dyn FnMut(&[u8], &[u8])) -> StoreResult<()> {
        self.with("read", |connection| {
            self.tables.scan(connection, prefix, visit)
        })
    }

    fn snapshot(&self) -> StoreResult<Option<Self>> {
        let idle = locked(&self.file.idle).pop();
        let connection = idle.map_or_else(
            || {
                let rest = self.file.cache_bytes - self.file.cache_bytes / WRITERS_PART;
                let cache = rest / IDLE_READERS as u64;
                self.file.connect(cache)
            },
            Ok,
        );
        // It is of the moment of its first read, which nobody can tell from now.
        let begun = connection.and_then(|connection| {
            connection.execute_batch("BEGIN")?;
            Ok(connection)
        });
        let connection = begun.map_err(|error| self.file.failed("read", &error))?;
        Ok(Some(Self {
            file: self.file.clone(),
            connection: Mutex::new(Some(connection)),
            tables: self.tables,
            is_snapshot: true,
        }))
    }

    fn apply(&self, batch: Batch) -> StoreResult<()> {
        self.with("write", |connection| self.tables.write(connection, &batch))
    }

    fn sync(&self) -> StoreResult<()> {
        Ok(())
    }

    fn disk_bytes(&self) -> StoreResult<u64> {
        let path = &self.file.path;
        let log = path.with_extension("sqlite-wal");
        let bytes = |path: &Path| match fs::metadata(path) {
            Ok(file) => Ok(file.len()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error),
        };
        let both = bytes(path).and_then(|file| Ok(file + bytes(&log)?));
        both.map_err(|error| StoreError::io(format!("cannot look at {}", path.display()), &error))
    }

    fn compact(&self) -> StoreResult<()> {
        // It makes the indexes anew, from rows whose keys nobody reads otherwise: damage there would count from then on.
        let check = "PRAGMA integrity_check(1)";
        let found: String = self.with("check", |connection| {
            connection.query_row(check, [], |row| row.get(0))
        })?;
        if found != "ok" {
            return Err(self.file.corrupt(found));
        }
        self.with("compact", |connection| {
            connection.execute_batch("VACUUM")?;
            // The log holds it all once more. Where a reader still needs it, the next one to
            // write shortens it.
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(key: &str, value: &[u8]) -> Batch {
        Batch {
            writes: vec![(key.as_bytes().to_vec(), Some(value.to_vec()))],
        }
    }

    fn open(directory: &Path) -> Sqlite {
        // Without a lock, which `prepare` would ask for.
        let place = Directory {
            path: directory.to_owned(),
        };
        Sqlite::open(&place, &SqliteOptions::new()).expect("open")
    }

    fn pragma(store: &Sqlite, name: &str) -> String {
        let connection = locked(&store.connection);
        let value = connection
            .as_ref()
            .expect("open")
            .pragma_query_value(None, name, |row| {
                let value = row.get_ref(0)?;
                Ok(match value {
                    rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                    other => other.as_str()?.to_owned(),
                })
            });
        value.expect("a pragma")
    }

    #[test]
    fn a_full_disk_is_told_and_leaves_a_store_that_opens() {
        let directory = tempfile::tempdir().expect("directory");
        let store = open(directory.path());
        store.apply(put("a", b"1")).expect("room");
        let connection = locked(&store.connection);
        let limited = connection.as_ref().expect("open").pragma_update_and_check(
            None,
            "max_page_count",
            10,
            |_| Ok(()),
        );
        limited.expect("a limit");
        drop(connection);
        match store.apply(put("a", &[2; 100_000])) {
            Err(StoreError::Full { path, .. }) => assert_eq!(path, store.file.path),
            other => panic!("{other:?}"),
        }
        drop(store);
        let store = open(directory.path());
        assert_eq!(store.get(b"a").expect("get").as_deref(), Some(&b"1"[..]));
        store.apply(put("a", &[2; 100_000])).expect("room again");
    }

    #[test]
    fn every_connection_syncs_and_no_index_is_in_a_file() {
        let directory = tempfile::tempdir().expect("directory");
        let store = open(directory.path());
        store.apply(put("a", b"1")).expect("apply");
        let snapshot = store.snapshot().expect("snapshot").expect("one");
        for connection in [&store, &snapshot] {
            assert_eq!(pragma(connection, "journal_mode"), "wal");
            // FULL.
            assert_eq!(pragma(connection, "synchronous"), "2");
        }
        let files = fs::read_dir(directory.path()).expect("list");
        let mut files: Vec<_> = files.map(|file| file.expect("file").file_name()).collect();
        files.sort();
        #[cfg(unix)]
        assert_eq!(files, ["agno.sqlite", "agno.sqlite-wal"]);
    }

    #[test]
    fn a_snapshot_stays_as_it_was_and_its_connection_is_used_again() {
        let directory = tempfile::tempdir().expect("directory");
        let store = open(directory.path());
        store.apply(put("a", b"1")).expect("apply");
        let snapshot = store.snapshot().expect("snapshot").expect("one");
        let one = Some(&b"1"[..]);
        assert_eq!(snapshot.get(b"a").expect("get").as_deref(), one);
        store.apply(put("a", b"2")).expect("apply");
        assert_eq!(snapshot.get(b"a").expect("get").as_deref(), one);
        drop(snapshot);
        assert_eq!(locked(&store.file.idle).len(), 1);
        let snapshot = store.snapshot().expect("snapshot").expect("one");
        assert_eq!(locked(&store.file.idle).len(), 0);
        let two = Some(&b"2"[..]);
        assert_eq!(snapshot.get(b"a").expect("get").as_deref(), two);
    }

    #[test]
    fn compacting_gives_room_back_while_a_snapshot_is_read() {
        let directory = tempfile::tempdir().expect("directory");
        let store = open(directory.path());
        for number in 0..100 {
            let batch = put(&format!("{number:03}"), &[7; 100_000]);
            store.apply(batch).expect("apply");
        }
        let count = |store: &Sqlite| {
            let mut count = 0;
            store.scan(b"", &mut |_, _| count += 1).expect("scan");
            count
        };
        let snapshot = store.snapshot().expect("snapshot").expect("one");
        assert_eq!(count(&snapshot), 100);
        let writes = (1..100)
            .map(|number| (format!("{number:03}").into_bytes(), None))
            .collect();
        let batch = Batch { writes };
        store.apply(batch).expect("remove");
        let before = store.disk_bytes().expect("size");
        store.compact().expect("compact");
        assert_eq!((count(&snapshot), count(&store)), (100, 1));
        drop(snapshot);
        store.compact().expect("compact");
        let after = store.disk_bytes().expect("size");
        assert!(after * 3 < before, "{before} {after}");
    }

    #[test]
    fn what_its_index_does_not_have_is_not_compacted() {
        let directory = tempfile::tempdir().expect("directory");
        let store = open(directory.path());
        store
            .apply(put("j-of-a-run", b"what it left behind"))
            .expect("apply");
        drop(store);
        let file = directory.path().join(Sqlite::FILES[0]);
        let mut bytes = fs::read(&file).expect("read");
        // The row's own key, before its value. The index has another.
        let row = b"j-of-a-runwhat it left behind";
        let at = bytes.windows(row.len()).position(|bytes| bytes == row);
        bytes[at.expect("the row")] ^= 1;
        fs::write(&file, bytes).expect("write");

        let store = open(directory.path());
        match store.compact() {
            Err(StoreError::Corrupt { reason, .. }) => {
                assert!(reason.contains("appended"), "{reason}");
            }
            other => panic!("{other:?}"),
        }
        let value = store.get(b"j-of-a-run").expect("get");
        assert_eq!(value.as_deref(), Some(&b"what it left behind"[..]));
    }
}
