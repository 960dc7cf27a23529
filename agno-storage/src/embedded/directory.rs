//! The directory of a store: whether it is one, and who may read it.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use super::{artifacts, lock, marker};
use crate::{StoreError, StoreResult};

/// The back ends, compiled in or not, each with a file that only its stores have.
const STORES: [(&str, &str); 4] = [
    ("redb", "agno.redb"),
    ("sqlite", "agno.sqlite"),
    ("sled", "GENERATION"),
    // Without our marker it is another program's.
    ("sled", "db"),
];

/// A directory that is a store, or may become one.
#[derive(Debug)]
pub(super) struct Directory {
    /// Without links or dots, so that it names the store.
    pub(super) path: PathBuf,
}

impl Directory {
    /// Makes the directory if it is not there; refuses one that holds something else. `own` are
    /// the names of the back end's files: see [`is_one_of`].
    pub(super) fn prepare(path: &Path, own: &[&str]) -> StoreResult<Self> {
        let io = |error: &std::io::Error| {
            StoreError::io(format!("cannot open the store {}", path.display()), error)
        };
        if fs::metadata(path).is_err() {
            let mut builder = fs::DirBuilder::new();
            builder.recursive(true);
            #[cfg(unix)]
            {
                use std::os::unix::fs::DirBuilderExt;
                builder.mode(0o700);
            }
            builder.create(path).map_err(|error| io(&error))?;
            make_private(path)?;
        }
        let path = path.canonicalize().map_err(|error| io(&error))?;
        let mut marked = false;
        let (mut found, mut foreign) = (Vec::new(), Vec::new());
        for file in fs::read_dir(&path).map_err(|error| io(&error))? {
            let name = file.map_err(|error| io(&error))?.file_name();
            let name = name.to_string_lossy();
            if name == marker::FILE {
                marked = true;
            } else if is_one_of(&name, own) || [lock::FILE, artifacts::FOLDER].contains(&&*name) {
                found.push(name.into_owned());
            } else {
                foreign.push(name.into_owned());
            }
        }
        let other = STORES.iter().find(|(_, file)| {
            let certain = marked || *file != "db";
            certain && foreign.iter().any(|name| name == file)
        });
        // Whoever was interrupted before there was a marker had the lock, before any other file.
        let is_ours = marked || found.is_empty() || lock::is_of_a_store(&path);
        let foreign = foreign.iter().chain(found.iter().filter(|_| !is_ours));
        match (other, foreign.min()) {
            (Some((other, _)), _) => Err(StoreError::Io {
                context: format!("cannot open the store {} in this way", path.display()),
                message: format!(
                    "it holds a {other} store; open it with {other}:{}",
                    path.display()
                ),
            }),
            (None, Some(name)) if !marked => Err(StoreError::Io {
                context: format!("{} is not a store of agno", path.display()),
                message: format!("it holds `{name}`; name a new or empty directory"),
            }),
            _ => Ok(Self { path }),
        }
    }

    /// Lets nobody but the owner read the back end's files, which were made by the umask.
    pub(super) fn make_files_private(&self) -> StoreResult<()> {
        let list = fs::read_dir(&self.path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let files = list.map_err(|error| {
            StoreError::io(format!("cannot list {}", self.path.display()), &error)
        })?;
        for file in files {
            // The back end may remove an old file of its own at the same time.
            match make_private(&file.path()) {
                Err(_) if !file.path().exists() => {}
                result => result?,
            }
        }
        Ok(())
    }
}

/// Whether a file has one of these names. Where one ends in `*`, any end will do.
pub(super) fn is_one_of(file: &str, names: &[&str]) -> bool {
    names.iter().any(|name| match name.strip_suffix('*') {
        Some(beginning) => file.starts_with(beginning),
        None => file == *name,
    })
}

/// Opens a file for reading and writing. One that is not there is made, and nobody but the owner
/// can read it at any time.
pub(super) fn create_private(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

#[cfg(unix)]
pub(super) fn sync_directory(path: &Path) -> std::io::Result<()> {
    File::open(path)?.sync_all()
}

/// Other systems have no handle to sync a directory by.
#[cfg(not(unix))]
pub(super) fn sync_directory(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Lets nobody but the owner read a file or directory, whatever the umask was.
#[cfg(unix)]
pub(super) fn make_private(path: &Path) -> StoreResult<()> {
    use std::os::unix::fs::PermissionsExt;

    let restrict = || {
        let metadata = fs::metadata(path)?;
        let mode = if metadata.is_dir() { 0o700 } else { 0o600 };
        if metadata.permissions().mode() & 0o777 == mode {
            return Ok(());
        }
        fs::set_permissions(path, fs::Permissions::from_mode(mode))
    };
    restrict().map_err(|error: std::io::Error| {
        StoreError::io(format!("cannot make {} private", path.display()), &error)
    })
}

/// Elsewhere a file has the rights of its directory.
#[cfg(not(unix))]
pub(super) fn make_private(_: &Path) -> StoreResult<()> {
    Ok(())
}
