//! Generations of a database that gives no room back by itself: a fresh copy of what is alive, in
//! a folder of its own, takes the place of the one before.
//!
//! Generation 0 is the store's own directory. The file `GENERATION` names any later one, and is
//! renamed into place once the copy is whole and durable. So a process that is killed leaves the
//! old one or the new one, and perhaps the remains of the other; the next opening removes those.

use std::{
    fs::{self, DirBuilder, File},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

use super::directory::{is_one_of, make_private, sync_directory};
use crate::{StoreError, StoreResult};

/// Name of the file in the store's directory.
const FILE: &str = "GENERATION";
/// How the names of the folders begin.
const FOLDER: &str = "generation-";
/// The file while it is being written.
const UNFINISHED: &str = "GENERATION.new";
/// The names of all these.
pub(super) const NAMES: [&str; 3] = [FILE, UNFINISHED, "generation-*"];

/// Where a generation is.
pub(super) fn folder(store: &Path, number: u64) -> PathBuf {
    match number {
        0 => store.to_owned(),
        number => store.join(format!("{FOLDER}{number}")),
    }
}

/// The generation that counts.
pub(super) fn current(store: &Path) -> StoreResult<u64> {
    let path = store.join(FILE);
    match fs::read(&path) {
        Ok(bytes) => number_in(&bytes).ok_or_else(|| StoreError::Corrupt {
            key: path.display().to_string(),
            reason: "it names no generation of the store; restore a backup".to_owned(),
        }),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
        Err(error) => Err(failed("read", &path, &error)),
    }
}

/// Whether there is any generation but the first.
pub(super) fn has_later(store: &Path) -> StoreResult<bool> {
    let find = || -> io::Result<bool> {
        for file in fs::read_dir(store)? {
            if number_of(&file?.file_name().to_string_lossy()).is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    };
    find().map_err(|error| failed("list", store, &error))
}

/// The number in the name of a generation's folder.
fn number_of(name: &str) -> Option<u64> {
    name.strip_prefix(FOLDER)?.parse().ok()
}

/// Makes an empty folder for a generation, and removes what an earlier attempt left there.
pub(super) fn prepare(store: &Path, number: u64) -> StoreResult<PathBuf> {
    let path = folder(store, number);
    let make = || -> io::Result<()> {
        remove(&path)?;
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        {
            use std::os::unix::fs::DirBuilderExt;
            builder.mode(0o700);
        }
        builder.create(&path)
    };
    make().map_err(|error| failed("make", &path, &error))?;
    make_private(&path)?;
    Ok(path)
}

/// Makes all files of a folder durable, their names too, and lets nobody but the owner read them.
pub(super) fn sync_files(folder: &Path) -> StoreResult<()> {
    let sync = || -> io::Result<()> {
        for file in fs::read_dir(folder)? {
            let path = file?.path();
            if path.is_dir() {
                sync_directory(&path)?;
            } else {
                // Writable, because some systems do not sync through a handle that only reads.
                match File::options().read(true).write(true).open(&path) {
                    // The database may remove an old file of its own at the same time.
                    Err(error) if error.kind() == ErrorKind::NotFound => continue,
                    file => file?.sync_all()?,
                }
            }
            make_private(&path).map_err(io::Error::other)?;
        }
        sync_directory(folder)
    };
    sync().map_err(|error| failed("sync", folder, &error))
}

/// How a switch ended that failed.
pub(super) enum SwitchError {
    /// The old generation counts.
    Before(StoreError),
    /// Which one counts after a power cut, nobody knows.
    Unsure(StoreError),
}

/// Makes a generation the one that counts, durably. Its files have to be durable already.
pub(super) fn switch(store: &Path, number: u64) -> Result<(), SwitchError> {
    let (unfinished, path) = (store.join(UNFINISHED), store.join(FILE));
    let write = || -> io::Result<()> {
        // The name of the folder.
        sync_directory(store)?;
        let mut file = File::create(&unfinished)?;
        make_private(&unfinished).map_err(io::Error::other)?;
        file.write_all(line(number).as_bytes())?;
        file.sync_all()
    };
    let before = |error: io::Error| SwitchError::Before(failed("write", &unfinished, &error));
    write().map_err(before)?;
    fs::rename(&unfinished, &path)
        .and_then(|()| sync_directory(store))
        .map_err(|error| SwitchError::Unsure(failed("write", &path, &error)))
}

/// Removes what is left of other generations. `files` are the names of the database's files.
pub(super) fn remove_others(store: &Path, current: u64, files: &[&str]) -> StoreResult<()> {
    let remove_others = || -> io::Result<()> {
        for file in fs::read_dir(store)? {
            let path = file?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let other = number_of(&name).is_some() && path != folder(store, current);
            let first = current > 0 && is_one_of(&name, files);
            if other || first || name == UNFINISHED {
                remove(&path)?;
            }
        }
        Ok(())
    };
    remove_others().map_err(|error| failed("remove what is left in", store, &error))
}

/// Removes the files of one generation that counts no longer.
pub(super) fn retire(store: &Path, number: u64, files: &[&str]) -> io::Result<()> {
    if number > 0 {
        return remove(&folder(store, number));
    }
    for file in fs::read_dir(store)? {
        let path = file?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if is_one_of(&name, files) {
            remove(&path)?;
        }
    }
    Ok(())
}

/// What the files of a generation take, in bytes.
pub(super) fn bytes(folder: &Path, files: &[&str]) -> io::Result<u64> {
    let mut bytes = 0;
    for file in fs::read_dir(folder)? {
        let path = file?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !is_one_of(&name, files) {
            continue;
        }
        match fs::metadata(&path) {
            Ok(found) if found.is_dir() => bytes += self::bytes(&path, &["*"])?,
            Ok(found) => bytes += found.len(),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(bytes)
}

/// Removes a file or a folder, if it is there.
fn remove(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

fn failed(doing: &str, path: &Path, error: &io::Error) -> StoreError {
    StoreError::io(format!("cannot {doing} {}", path.display()), error)
}

fn line(number: u64) -> String {
    let checksum = crc32c::crc32c(number.to_string().as_bytes());
    format!("{number} {checksum:08x}\n")
}

fn number_in(bytes: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(bytes).ok()?;
    let number = text.split(' ').next()?.parse().ok()?;
    (number > 0 && line(number) == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_name_is_refused_and_a_missing_one_is_the_first() {
        let store = tempfile::tempdir().expect("directory");
        assert_eq!(current(store.path()).expect("none"), 0);
        assert!(switch(store.path(), 17).is_ok());
        assert_eq!(current(store.path()).expect("a number"), 17);
        let file = store.path().join(FILE);
        let intact = fs::read(&file).expect("read");
        for bit in 0..intact.len() * 8 {
            let mut damaged = intact.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            fs::write(&file, damaged).expect("write");
            let error = current(store.path()).expect_err("a flipped bit");
            assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
        }
        for length in 0..intact.len() {
            fs::write(&file, &intact[..length]).expect("write");
            current(store.path()).expect_err("cut short");
        }
    }

    #[test]
    fn only_the_one_that_counts_is_left() {
        let store = tempfile::tempdir().expect("directory");
        for number in [1, 2, 3] {
            let folder = prepare(store.path(), number).expect("prepare");
            fs::write(folder.join("db"), [0; 10]).expect("write");
        }
        for name in ["db", "conf", "AGNO", UNFINISHED] {
            fs::write(store.path().join(name), [0; 7]).expect("write");
        }
        assert_eq!(bytes(store.path(), &["db", "conf"]).expect("bytes"), 14);
        remove_others(store.path(), 2, &["db", "conf"]).expect("remove");
        let left = fs::read_dir(store.path()).expect("list");
        let mut left: Vec<_> = left.map(|file| file.expect("file").file_name()).collect();
        left.sort();
        assert_eq!(left, ["AGNO", "generation-2"]);
        assert_eq!(bytes(&folder(store.path(), 2), &["db"]).expect("bytes"), 10);
    }
}
