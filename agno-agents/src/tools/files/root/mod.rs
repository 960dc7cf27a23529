//! One folder that nothing leads out of.
//!
//! A path is checked three times: as text, it has to be relative without `..`; with its links
//! resolved, it has to be below the folder; and it is opened part by part without following links,
//! so that nothing put there in between leads elsewhere.

#[cfg(not(unix))]
#[path = "portable.rs"]
mod system;
#[cfg(unix)]
#[path = "unix.rs"]
mod system;

use std::{
    ffi::OsString,
    fs, io,
    path::{Component, Path, PathBuf},
};

use super::{Entry, FileError};

/// What an opened file or a folder to write in turned out to be.
#[derive(Debug)]
enum Failure {
    Outside,
    Kind {
        found: &'static str,
        wanted: &'static str,
    },
    System(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

impl Failure {
    fn at(self, path: &str) -> FileError {
        let path = path.to_owned();
        match self {
            Self::Outside => FileError::Outside { path },
            Self::Kind { found, wanted } => FileError::Kind {
                path,
                found,
                wanted,
            },
            Self::System(error) => match error.kind() {
                io::ErrorKind::NotFound => FileError::NotFound { path },
                io::ErrorKind::NotADirectory => FileError::Kind {
                    path,
                    found: "no folder, or below something that is none",
                    wanted: "a folder",
                },
                _ => FileError::System { path, error },
            },
        }
    }
}

/// The folder, by its path without links.
#[derive(Debug)]
pub(crate) struct Root(PathBuf);

impl Root {
    pub(crate) fn at(folder: &Path) -> Result<Self, FileError> {
        let shown = folder.display().to_string();
        let failed = |error: io::Error| Failure::System(error).at(&shown);
        let path = fs::canonicalize(folder).map_err(failed)?;
        if !fs::metadata(&path).map_err(failed)?.is_dir() {
            return Err(FileError::Kind {
                path: shown,
                found: "a file",
                wanted: "a folder",
            });
        }
        Ok(Self(path))
    }

    /// A folder's absolute path, for a program to work in.
    pub(crate) fn folder(&self, path: &str) -> Result<PathBuf, FileError> {
        let resolved = self.0.join(self.resolved(path, &relative(path)?)?);
        if !fs::metadata(&resolved)
            .map_err(|error| Failure::System(error).at(path))?
            .is_dir()
        {
            return Err(FileError::Kind {
                path: path.to_owned(),
                found: "a file",
                wanted: "a folder",
            });
        }
        Ok(resolved)
    }

    /// What is in a folder, by name.
    pub(super) fn entries(&self, path: &str, most: usize) -> Result<Vec<Entry>, FileError> {
        let resolved = self.resolved(path, &relative(path)?)?;
        let entries = system::entries(&self.0, &resolved);
        let mut entries = entries.map_err(|failure| failure.at(path))?;
        entries.sort_by(|one, other| one.name.cmp(&other.name));
        entries.truncate(most);
        Ok(entries)
    }

    pub(super) fn read(&self, path: &str, largest: usize) -> Result<String, FileError> {
        use io::Read;

        let resolved = self.resolved(path, &relative(path)?)?;
        let file = system::open(&self.0, &resolved).map_err(|failure| failure.at(path))?;
        let mut bytes = Vec::new();
        file.take(largest as u64 + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| Failure::System(error).at(path))?;
        if bytes.len() > largest {
            return Err(FileError::TooLarge {
                path: path.to_owned(),
                limit: largest,
            });
        }
        String::from_utf8(bytes).map_err(|error| FileError::NotText {
            path: path.to_owned(),
            at: error.utf8_error().valid_up_to(),
        })
    }

    pub(super) fn write(&self, path: &str, bytes: &[u8]) -> Result<(), FileError> {
        let relative = relative(path)?;
        // A link to a file below the folder is followed, the file behind it is replaced.
        let target = match self.resolved(path, &relative) {
            Ok(target) => target,
            Err(FileError::NotFound { .. }) => relative,
            Err(error) => return Err(error),
        };
        let Some(name) = target.file_name().map(OsString::from) else {
            return Err(FileError::Kind {
                path: path.to_owned(),
                found: "a folder",
                wanted: "a file",
            });
        };
        let mut folder = target.parent().unwrap_or(Path::new("")).to_owned();
        let mut missing = Vec::new();
        let folder = loop {
            match self.resolved(path, &folder) {
                Err(FileError::NotFound { .. }) => {
                    missing.extend(folder.file_name().map(OsString::from));
                    if !folder.pop() {
                        return Err(FileError::NotFound {
                            path: self.0.display().to_string(),
                        });
                    }
                }
                folder => break folder?,
            }
        };
        missing.reverse();
        let written = system::replace(&self.0, &folder, &missing, &name, bytes);
        written.map_err(|failure| failure.at(path))
    }

    /// The path below the folder with its links resolved.
    fn resolved(&self, path: &str, relative: &Path) -> Result<PathBuf, FileError> {
        let resolved = fs::canonicalize(self.0.join(relative));
        let resolved = resolved.map_err(|error| Failure::System(error).at(path))?;
        match resolved.strip_prefix(&self.0) {
            Ok(below) => Ok(below.to_owned()),
            Err(_) => Err(Failure::Outside.at(path)),
        }
    }
}

/// Longest path below the folder, in bytes.
const LONGEST: usize = 2 * 1024;
/// Most folders in one another: what is much deeper, other programs cannot open or remove.
const DEEPEST: usize = 64;

/// A path that, as text, stays below where it starts.
fn relative(path: &str) -> Result<PathBuf, FileError> {
    let wrong = |problem: &'static str| FileError::Path {
        path: path.chars().take(200).collect(),
        problem,
    };
    if path.len() > LONGEST {
        return Err(wrong("it is too long"));
    }
    if path.contains('\0') {
        return Err(wrong("it holds a zero byte"));
    }
    let mut relative = PathBuf::new();
    for part in Path::new(path).components() {
        match part {
            Component::Normal(name) => relative.push(name),
            Component::CurDir => {}
            Component::ParentDir => return Err(wrong("it goes up by `..`")),
            Component::RootDir | Component::Prefix(_) => return Err(wrong("it is absolute")),
        }
    }
    if relative.iter().count() > DEEPEST {
        return Err(wrong("it is too deep"));
    }
    Ok(relative)
}
