//! One process at a time: a lock file that says who holds it.

use std::{
    fs::{File, TryLockError},
    io::{Read, Seek, Write},
    path::Path,
    process, thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use super::directory;
use crate::{StoreError, StoreResult};

/// Name of the lock file in the store's directory.
pub(super) const FILE: &str = "LOCK";

/// How long to wait for a store that this process is about to let go of.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// How long to wait for another process, which may have been killed and be on its way out.
const SHORT_PATIENCE: Duration = Duration::from_millis(200);

/// The lock; held while this lives.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of a store.
    pub(super) fn acquire(directory: &Path) -> StoreResult<Self> {
        let path = directory.join(FILE);
        let context = || format!("cannot lock the store, by {}", path.display());
        let mut file = directory::create_private(&path)
            .map_err(|error| StoreError::written(directory, context(), &error))?;
        directory::make_private(&path)?;
        if file.metadata().is_ok_and(|found| found.len() == 0) {
            // Before there is any other file: see `is_of_a_store`.
            directory::sync_directory(directory)
                .map_err(|error| StoreError::written(directory, context(), &error))?;
        }

        let begun = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(StoreError::io(context(), &error)),
            }
            let holder = read_holder(&mut file);
            // A store that was dropped in this process is still finishing; another process
            // most likely works.
            let own = holder.starts_with(&format!("pid {} ", process::id()));
            let patience = if own { PATIENCE } else { SHORT_PATIENCE };
            if begun.elapsed() >= patience {
                let path = directory.to_owned();
                return Err(StoreError::Locked { path, holder });
            }
            thread::sleep(Duration::from_millis(2));
        }

        let write = |mut file: &File| {
            file.set_len(0)?;
            file.rewind()?;
            file.write_all(describe_self().as_bytes())
        };
        write(&file).map_err(|error| StoreError::written(directory, context(), &error))?;
        Ok(Self { _file: file })
    }
}

/// Whether a directory without a marker has a lock of ours, so that its other files are those of a store that
/// was being made.
pub(super) fn is_of_a_store(directory: &Path) -> bool {
    match std::fs::read(directory.join(FILE)) {
        // After a power cut it may be empty.
        Ok(holder) => holder.is_empty() || holder.starts_with(b"pid "),
        // Some systems let nobody read what is locked.
        Err(error) => error.kind() != std::io::ErrorKind::NotFound,
    }
}

/// `pid 4242 (digest, since 12:03:11 UTC)`
fn describe_self() -> String {
    let program = std::env::current_exe().ok();
    let program = program.as_deref().and_then(Path::file_name);
    let program = program.map_or_else(|| "unknown".into(), |name| name.to_string_lossy());
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let second = now.map_or(0, |now| now.as_secs()) % 86_400;
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let pid = process::id();
    format!("pid {pid} ({program}, since {hour:02}:{minute:02}:{second:02} UTC)")
}

/// What the holder wrote, fit to be shown: anybody could have written it.
fn read_holder(file: &mut File) -> String {
    let mut bytes = Vec::new();
    let read = file
        .rewind()
        .and_then(|()| file.take(200).read_to_end(&mut bytes));
    let text = String::from_utf8_lossy(&bytes);
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    if read.is_err() || text.is_empty() {
        return "another process".to_owned();
    }
    text
}
