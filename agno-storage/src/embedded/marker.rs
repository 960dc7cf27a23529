//! The file that marks a directory as a store, and tells how many batches were acknowledged.
//!
//! A log that ends in a damaged record looks like one whose last write was cut short, so a back
//! end may drop acknowledged batches and say nothing. The number in here is from outside of the
//! log: a store that has fewer batches has lost some. It is written after each sync and not
//! synced itself, so it may be too low after a power cut, but never too high.

use std::{
    fs::{File, OpenOptions},
    io::{ErrorKind, Read, Write},
    path::Path,
};

use super::directory::{Directory, create_private, make_private, sync_directory};
use crate::{StoreError, StoreResult};

/// Name of the file in the store's directory.
pub(super) const FILE: &str = "AGNO";

const TEXT: &str = "This directory is a store of agno. Do not change its files.\n";

#[derive(Debug)]
pub(super) struct Marker {
    file: File,
}

impl Marker {
    /// Opens the marker of a store. The number is `None` if it does not read.
    pub(super) fn open(directory: &Path) -> StoreResult<Option<(Self, Option<u64>)>> {
        let path = directory.join(FILE);
        let open = || -> std::io::Result<_> {
            let mut file = OpenOptions::new().read(true).write(true).open(&path)?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            Ok((Self { file }, number_in(&bytes)))
        };
        match open() {
            Ok(marker) => Ok(Some(marker)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(&path, &error)),
        }
    }

    /// Marks a store as made, and makes the names of all its files durable.
    pub(super) fn create(directory: &Directory, number: u64) -> StoreResult<Self> {
        let path = directory.path.join(FILE);
        let create = || -> std::io::Result<_> {
            // Before there is a marker: one whose store did not survive would say that records were lost.
            sync_directory(&directory.path)?;
            let mut file = create_private(&path)?;
            file.set_len(0)?;
            file.write_all(TEXT.as_bytes())?;
            file.write_all(line(number).as_bytes())?;
            file.sync_all()?;
            sync_directory(&directory.path)?;
            directory.path.parent().map_or(Ok(()), sync_directory)?;
            Ok(file)
        };
        let file = create().map_err(|error| failed(&path, &error))?;
        make_private(&path)?;
        Ok(Self { file })
    }

    /// Tells that batches up to this one are durable. If that fails the number stays too low,
    /// which is allowed; the batch itself is durable already.
    pub(super) fn record(&self, number: u64) {
        let _ = write_at(&self.file, line(number).as_bytes(), TEXT.len() as u64);
    }
}

#[cfg(unix)]
fn write_at(file: &File, bytes: &[u8], offset: u64) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
}

#[cfg(not(unix))]
fn write_at(mut file: &File, bytes: &[u8], offset: u64) -> std::io::Result<()> {
    std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(offset))?;
    file.write_all(bytes)
}

fn failed(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::written(path, format!("cannot use {}", path.display()), error)
}

/// Always of the same length, so that a new line covers the old one.
fn line(number: u64) -> String {
    let digits = format!("{number:020}");
    let checksum = crc32c::crc32c(digits.as_bytes());
    format!("Last batch: {digits} {checksum:08x}\n")
}

fn number_in(bytes: &[u8]) -> Option<u64> {
    let found = bytes.get(TEXT.len()..)?;
    let number = std::str::from_utf8(found).ok()?.split(' ').nth(2)?;
    let number = number.parse().ok()?;
    (line(number).as_bytes() == found).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_number_counts_and_a_damaged_one_is_none() {
        let path = tempfile::tempdir().expect("directory");
        assert!(Marker::open(path.path()).expect("open").is_none());
        let directory = Directory::prepare(path.path(), &[]).expect("directory");
        let marker = Marker::create(&directory, 7).expect("create");
        let read = || {
            Marker::open(path.path())
                .expect("open")
                .expect("a marker")
                .1
        };
        assert_eq!(read(), Some(7));
        marker.record(u64::MAX);
        marker.record(8);
        assert_eq!(read(), Some(8));
        let file = path.path().join(FILE);
        let intact = std::fs::read(&file).expect("read");
        for byte in TEXT.len()..intact.len() {
            let mut damaged = intact.clone();
            damaged[byte] ^= 1;
            std::fs::write(&file, damaged).expect("write");
            assert_eq!(read(), None, "byte {byte}");
        }
    }
}
