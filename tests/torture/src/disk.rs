//! What a disk holds after the power is cut: only what a sync has certified before it returned.
//!
//! A strict model of what POSIX promises. Bytes and sizes are there once `fsync` or `fdatasync` of
//! their file has returned, for what was written before it began; names are there by a sync of their
//! directory. `sync_file_range` certifies nothing. After a sync that failed, what was written since
//! the last good one is never there.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::Path,
};

/// What makes a name durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// A sync of its directory alone, as POSIX has it.
    ByDirectory,
    /// A sync of the file as well, as file systems on Linux have it.
    ByFileToo,
}

/// A change of a file's bytes that is not durable yet.
#[derive(Debug)]
enum Change {
    Write(u64, Vec<u8>),
    Resize(u64),
}

#[derive(Debug, Default)]
struct File {
    durable: Vec<u8>,
    /// Changes before the first of `pending`.
    settled: usize,
    pending: Vec<Change>,
}

impl File {
    /// Makes durable what was there when the sync began.
    fn settle(&mut self, up_to: usize) {
        let count = up_to.saturating_sub(self.settled).min(self.pending.len());
        for change in self.pending.drain(..count) {
            match change {
                Change::Write(at, bytes) => {
                    let at = usize::try_from(at).expect("a size in memory");
                    let end = at + bytes.len();
                    if self.durable.len() < end {
                        self.durable.resize(end, 0);
                    }
                    self.durable[at..end].copy_from_slice(&bytes);
                }
                Change::Resize(size) => {
                    let size = usize::try_from(size).expect("a size in memory");
                    self.durable.resize(size, 0);
                }
            }
        }
        self.settled += count;
    }
}

type Object = usize;

/// A sync that has begun.
#[derive(Debug)]
enum Began {
    File(Object, usize),
    Directory(String, BTreeMap<String, Object>),
}

/// A directory on a disk, from the log of the shim.
#[derive(Debug, Default)]
pub struct Disk {
    objects: Vec<File>,
    directories: BTreeSet<Object>,
    /// The object that has this number of the system now.
    numbers: BTreeMap<u64, Object>,
    /// By path below the directory, with `/`.
    names: BTreeMap<String, Object>,
    durable_names: BTreeMap<String, Object>,
    syncing: BTreeMap<u64, Began>,
    /// Files that were mapped to be written: the model knows nothing of what was.
    pub mapped: BTreeSet<String>,
    /// Calls that the model does not know.
    pub unknown: Vec<String>,
    /// How often a call was made to fail.
    pub failed: u64,
    root: u64,
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

impl Disk {
    /// A disk that holds a directory as it is.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn holding(directory: &Path) -> io::Result<Self> {
        let mut disk = Self {
            root: number_of(directory)?,
            ..Self::default()
        };
        disk.hold(directory, "")?;
        disk.durable_names = disk.names.clone();
        Ok(disk)
    }

    fn hold(&mut self, directory: &Path, below: &str) -> io::Result<()> {
        for file in directory.read_dir()? {
            let file = file?;
            let name = file.file_name().to_string_lossy().into_owned();
            let name = match below {
                "" => name,
                below => format!("{below}/{name}"),
            };
            let object = self.object(number_of(&file.path())?);
            self.names.insert(name.clone(), object);
            if file.file_type()?.is_dir() {
                self.directories.insert(object);
                self.hold(&file.path(), &name)?;
            } else {
                self.objects[object].durable = fs::read(file.path())?;
            }
        }
        Ok(())
    }

    /// A new object of this number.
    fn object(&mut self, number: u64) -> Object {
        self.objects.push(File::default());
        let object = self.objects.len() - 1;
        self.numbers.insert(number, object);
        object
    }

    /// What happened, as the shim wrote it down. A record that was cut short is the last.
    pub fn replay(&mut self, log: &[u8], names: Names) {
        let mut rest = log;
        while let Some((header, behind)) = rest.split_at_checked(32) {
            let half = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().expect("four"));
            let whole =
                |at: usize| u64::from_le_bytes(header[at..at + 8].try_into().expect("eight"));
            let Some((bytes, behind)) = behind.split_at_checked(half(4) as usize) else {
                return;
            };
            self.apply(half(0), whole(8), whole(16), whole(24), bytes, names);
            rest = behind;
        }
    }

    fn apply(&mut self, kind: u32, file: u64, at: u64, more: u64, bytes: &[u8], names: Names) {
        let text = || String::from_utf8_lossy(bytes).into_owned();
        let object = self.numbers.get(&file).copied();
        match (kind, object) {
            // The directory itself, opened to be synced.
            (1, _) if bytes.is_empty() => {}
            (1, known) if more == 1 || known.is_none() => {
                let object = self.object(file);
                self.names.insert(text(), object);
            }
            (2, Some(object)) => {
                let change = Change::Write(at, bytes.to_vec());
                self.objects[object].pending.push(change);
            }
            (3, Some(object)) => self.objects[object].pending.push(Change::Resize(at)),
            (4, _) => self.begin_sync(file, at),
            (5, _) => self.end_sync(at, names),
            (6, Some(object)) => {
                let file = &mut self.objects[object];
                file.settled += file.pending.len();
                file.pending.clear();
            }
            (7, _) => {
                let both = text();
                let (from, to) = both.split_once('\n').expect("two paths");
                self.rename(from, to);
            }
            (8, _) => drop(self.names.remove(&text())),
            (9, _) => {
                let object = self.object(file);
                self.directories.insert(object);
                self.names.insert(text(), object);
            }
            (10, Some(object)) => {
                let names = self.names.iter().filter(|(_, it)| **it == object);
                let names: Vec<_> = names.map(|(name, _)| name.clone()).collect();
                self.mapped.extend(names);
            }
            (11, Some(object)) => drop(self.names.insert(text(), object)),
            (12, _) => self.failed += 1,
            (13, _) => self.unknown.push(text()),
            _ => {}
        }
    }

    fn rename(&mut self, from: &str, to: &str) {
        let below = format!("{from}/");
        let moved: Vec<String> = self
            .names
            .keys()
            .filter(|name| *name == from || name.starts_with(&below))
            .cloned()
            .collect();
        for name in moved {
            let object = self.names.remove(&name).expect("listed above");
            self.names
                .insert(format!("{to}{}", &name[from.len()..]), object);
        }
    }

    fn begin_sync(&mut self, number: u64, turn: u64) {
        let object = self.numbers.get(&number).copied();
        let directory = match object {
            _ if number == self.root => Some(String::new()),
            Some(object) if self.directories.contains(&object) => {
                let found = self.names.iter().find(|(_, it)| **it == object);
                found.map(|(name, _)| name.clone())
            }
            _ => None,
        };
        let began = match (directory, object) {
            (Some(directory), _) => {
                let inside = |name: &&String| parent(name) == directory;
                let inside = self.names.keys().filter(inside).cloned();
                let held = inside
                    .map(|name| (name.clone(), self.names[&name]))
                    .collect();
                Began::Directory(directory, held)
            }
            (None, Some(object)) => {
                let file = &self.objects[object];
                Began::File(object, file.settled + file.pending.len())
            }
            (None, None) => return,
        };
        self.syncing.insert(turn, began);
    }

    fn end_sync(&mut self, turn: u64, names: Names) {
        match self.syncing.remove(&turn) {
            Some(Began::File(object, up_to)) => {
                self.objects[object].settle(up_to);
                if names == Names::ByFileToo {
                    self.durable_names.retain(|_, held| *held != object);
                    let held = self.names.iter().filter(|(_, it)| **it == object);
                    let held: Vec<_> = held.map(|(name, it)| (name.clone(), *it)).collect();
                    for (name, object) in held {
                        let mut above = parent(&name);
                        while !above.is_empty() {
                            if let Some(folder) = self.names.get(above) {
                                self.durable_names.insert(above.to_owned(), *folder);
                            }
                            above = parent(above);
                        }
                        self.durable_names.insert(name, object);
                    }
                }
            }
            Some(Began::Directory(directory, held)) => {
                self.durable_names
                    .retain(|name, _| parent(name) != directory);
                self.durable_names.extend(held);
            }
            None => {}
        }
    }

    /// Writes what is durable to a new directory.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn write_to(&self, directory: &Path) -> io::Result<()> {
        fs::create_dir(directory)?;
        // In order of their names, so a folder comes before what is in it.
        for (name, object) in &self.durable_names {
            let path = directory.join(name);
            if !path.parent().is_some_and(Path::is_dir) {
                continue;
            }
            if self.directories.contains(object) {
                fs::create_dir(path)?;
            } else {
                fs::write(path, &self.objects[*object].durable)?;
            }
        }
        Ok(())
    }
}

#[cfg(unix)]
fn number_of(path: &Path) -> io::Result<u64> {
    use std::os::unix::fs::MetadataExt;
    Ok(fs::symlink_metadata(path)?.ino())
}

#[cfg(not(unix))]
fn number_of(_: &Path) -> io::Result<u64> {
    Err(io::ErrorKind::Unsupported.into())
}
