//! Opens part by part, each relative to the folder opened before, and follows no link.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io::{self, Write},
    os::fd::{AsFd, OwnedFd},
    path::Path,
};

use rustix::{
    fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags},
    io::Errno,
};

use super::Failure;
use crate::tools::files::{Entry, EntryKind};

/// Most entries of a folder that are looked at.
const MOST: usize = 100_000;

impl From<Errno> for Failure {
    fn from(error: Errno) -> Self {
        match error {
            // A link where there was none when the path was resolved.
            Errno::LOOP | Errno::MLINK => Self::Outside,
            error => Self::System(error.into()),
        }
    }
}

pub(super) fn entries(root: &Path, path: &Path) -> Result<Vec<Entry>, Failure> {
    let folder = folder(root, path)?;
    let mut entries = Vec::new();
    for entry in Dir::read_from(&folder)?.take(MOST) {
        let entry = entry?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let Ok(stat) = rustix::fs::statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW) else {
            // Gone in the meantime.
            continue;
        };
        let kind = match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => EntryKind::File,
            FileType::Directory => EntryKind::Folder,
            FileType::Symlink => EntryKind::Link,
            _ => EntryKind::Other,
        };
        entries.push(Entry {
            name: name.to_string_lossy().into_owned(),
            size: (kind == EntryKind::File).then(|| u64::try_from(stat.st_size).unwrap_or(0)),
            kind,
        });
    }
    Ok(entries)
}

pub(super) fn open(root: &Path, path: &Path) -> Result<File, Failure> {
    let Some(name) = path.file_name() else {
        return Err(no_file(FileType::Directory));
    };
    let folder = folder(root, path.parent().unwrap_or(Path::new("")))?;
    // Opening a device can do something, so it is not tried.
    match kind(&folder, name)? {
        Some(FileType::RegularFile) => {}
        Some(FileType::Symlink) => return Err(Failure::Outside),
        Some(other) => return Err(no_file(other)),
        None => return Err(Errno::NOENT.into()),
    }
    // Without NONBLOCK a pipe put there in between would wait for a writer.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let opened = rustix::fs::openat(&folder, name, flags | OFlags::NOCTTY, Mode::empty())?;
    let stat = rustix::fs::fstat(&opened)?;
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Ok(File::from(opened)),
        other => Err(no_file(other)),
    }
}

pub(super) fn replace(
    root: &Path,
    path: &Path,
    missing: &[OsString],
    name: &OsStr,
    bytes: &[u8],
) -> Result<(), Failure> {
    let mut folder = folder(root, path)?;
    for part in missing {
        match rustix::fs::mkdirat(&folder, part, Mode::RWXU) {
            Ok(()) | Err(Errno::EXIST) => folder = step(folder, part)?,
            Err(error) => return Err(error.into()),
        }
    }
    match kind(&folder, name)? {
        // A link that leads nowhere is replaced.
        None | Some(FileType::RegularFile | FileType::Symlink) => {}
        Some(other) => return Err(no_file(other)),
    }
    let temporary = format!(".{:016x}.tmp", fastrand::u64(..));
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mode = Mode::RUSR | Mode::WUSR;
    let file = rustix::fs::openat(&folder, temporary.as_str(), flags, mode)?;
    let written = write(File::from(file), bytes).map_err(Failure::from);
    let done = written.and_then(|()| {
        rustix::fs::renameat(&folder, temporary.as_str(), &folder, name).map_err(Failure::from)
    });
    if done.is_err() {
        // What failed is the writing; that its remains stay would be a smaller trouble.
        let _ = rustix::fs::unlinkat(&folder, temporary.as_str(), AtFlags::empty());
        return done;
    }
    Ok(rustix::fs::fsync(&folder)?)
}

fn write(mut file: File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    file.sync_all()
}

fn folder(root: &Path, path: &Path) -> Result<OwnedFd, Failure> {
    let opened = step(CWD, root.as_os_str())?;
    path.iter().try_fold(opened, step)
}

fn step(folder: impl AsFd, part: &OsStr) -> Result<OwnedFd, Failure> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(rustix::fs::openat(folder, part, flags, Mode::empty())?)
}

fn kind(folder: &OwnedFd, name: &OsStr) -> Result<Option<FileType>, Failure> {
    match rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(FileType::from_raw_mode(stat.st_mode))),
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn no_file(found: FileType) -> Failure {
    let found = match found {
        FileType::Directory => "a folder",
        FileType::Fifo => "a pipe",
        FileType::Socket => "a socket",
        FileType::CharacterDevice | FileType::BlockDevice => "a device",
        _ => "something else",
    };
    Failure::Kind {
        found,
        wanted: "a file",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The race that resolving alone would lose: a folder becomes a link after it was resolved.
    #[test]
    fn a_link_put_there_in_between_is_not_followed() {
        let outside = tempfile::tempdir().expect("folder");
        std::fs::write(outside.path().join("secret"), "x").expect("write");
        let inside = tempfile::tempdir().expect("folder");
        let root = std::fs::canonicalize(inside.path()).expect("root");
        let link = root.join("link");
        std::os::unix::fs::symlink(outside.path(), &link).expect("link");
        let file = root.join("file");
        std::os::unix::fs::symlink(outside.path().join("secret"), file).expect("link");

        assert!(open(&root, Path::new("link/secret")).is_err());
        assert!(matches!(
            open(&root, Path::new("file")),
            Err(Failure::Outside)
        ));
        assert!(entries(&root, Path::new("link")).is_err());
        let name = OsStr::new("new");
        assert!(replace(&root, Path::new("link"), &[], name, b"x").is_err());
        assert!(replace(&root, Path::new(""), &["link".into()], name, b"x").is_err());
        assert!(!outside.path().join("new").exists());
    }
}
