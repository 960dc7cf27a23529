//! Where folders cannot be opened part by part: the path was resolved and checked just before.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, File, FileType},
    io::Write,
    path::Path,
};

use super::Failure;
use crate::tools::files::{Entry, EntryKind};

pub(super) fn entries(root: &Path, path: &Path) -> Result<Vec<Entry>, Failure> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(root.join(path))? {
        let entry = entry?;
        let Ok(metadata) = entry.metadata() else {
            // Gone in the meantime.
            continue;
        };
        let kind = match metadata.file_type() {
            kind if kind.is_file() => EntryKind::File,
            kind if kind.is_dir() => EntryKind::Folder,
            kind if kind.is_symlink() => EntryKind::Link,
            _ => EntryKind::Other,
        };
        entries.push(Entry {
            name: entry.file_name().to_string_lossy().into_owned(),
            size: (kind == EntryKind::File).then(|| metadata.len()),
            kind,
        });
    }
    Ok(entries)
}

pub(super) fn open(root: &Path, path: &Path) -> Result<File, Failure> {
    let path = root.join(path);
    file(fs::symlink_metadata(&path)?.file_type())?;
    let opened = File::open(path)?;
    file(opened.metadata()?.file_type())?;
    Ok(opened)
}

pub(super) fn replace(
    root: &Path,
    path: &Path,
    missing: &[OsString],
    name: &OsStr,
    bytes: &[u8],
) -> Result<(), Failure> {
    let mut folder = root.join(path);
    folder.extend(missing);
    fs::create_dir_all(&folder)?;
    let target = folder.join(name);
    if let Ok(metadata) = fs::symlink_metadata(&target) {
        file(metadata.file_type())?;
    }
    let temporary = folder.join(format!(".{:016x}.tmp", fastrand::u64(..)));
    let mut written = File::options()
        .write(true)
        .create_new(true)
        .open(&temporary)?;
    let done = written.write_all(bytes).and_then(|()| written.sync_all());
    drop(written);
    let done = done.and_then(|()| fs::rename(&temporary, target));
    if done.is_err() {
        // What failed is the writing; that its remains stay would be a smaller trouble.
        let _ = fs::remove_file(temporary);
    }
    Ok(done?)
}

fn file(kind: FileType) -> Result<(), Failure> {
    if kind.is_file() {
        return Ok(());
    }
    Err(Failure::Kind {
        found: if kind.is_dir() {
            "a folder"
        } else {
            "something else"
        },
        wanted: "a file",
    })
}
