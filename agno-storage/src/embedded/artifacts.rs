//! Artifacts: a file for each, named by the hash of its bytes, in a folder of the store.
//!
//! `artifacts/ab/CDEF..`: the first two of the 64 digits name a folder, so that none grows too
//! large. A file is written beside them, synced, and only then gets its name.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, ErrorKind, Read, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use super::directory::{make_private, sync_directory};
use crate::{
    ArtifactListing, Imported, MAX_ARTIFACT_BYTES, StoreError, StoreResult, VerifyReport, artifact,
};

/// Name of the folder in the store's directory.
pub(super) const FOLDER: &str = "artifacts";

/// How the names of files begin that are still being written.
const UNFINISHED: &str = ".new-";

/// The artifacts of a store. Everything here blocks.
#[derive(Debug)]
pub(super) struct Artifacts {
    folder: PathBuf,
    /// Files begun, so that no two at once have one name.
    begun: AtomicU64,
}

/// A file that goes away unless it gets its name.
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        // Gone already if it was renamed. One that stays is removed by the next opening.
        let _ = fs::remove_file(&self.0);
    }
}

impl Artifacts {
    /// The artifacts of the store in `directory`, whose lock is held. Removes files that a
    /// process did not finish.
    pub(super) fn open(directory: &Path) -> StoreResult<Self> {
        let folder = directory.join(FOLDER);
        let artifacts = Self {
            begun: AtomicU64::new(0),
            folder,
        };
        for path in list(&artifacts.folder)? {
            if is_unfinished(&path) {
                fs::remove_file(&path).map_err(|error| failed("remove", &path, &error))?;
            }
        }
        Ok(artifacts)
    }

    fn path(&self, hash: blake3::Hash) -> PathBuf {
        let digits = hash.to_hex();
        let (folder, file) = digits.split_at(2);
        self.folder.join(folder).join(file)
    }

    /// Keeps bytes. What is there already, and whole, is not written again.
    pub(super) fn put(&self, bytes: &[u8]) -> StoreResult<blake3::Hash> {
        let hash = artifact::name(bytes)?;
        let path = self.path(hash);
        let written = self
            .prepare_folders(&path)
            .and_then(|()| match hash_of(&path) {
                Ok(found) if found == hash => Ok(()),
                Ok(_) => self.write(&path, bytes),
                Err(error) if error.kind() == ErrorKind::NotFound => self.write(&path, bytes),
                Err(error) => Err(error),
            })
            // Of a file that is there too: who renamed it may not have got as far as this.
            .and_then(|()| self.sync_folders(&path));
        match written {
            Ok(()) => Ok(hash),
            Err(error) => Err(failed("keep", &path, &error)),
        }
    }

    /// Keeps bytes of another store.
    pub(super) fn import(&self, hash: blake3::Hash, bytes: &[u8]) -> StoreResult<Imported> {
        let found = hash_of(&self.path(hash)).is_ok_and(|found| found == hash);
        // Also of what is there: its name may not be durable yet.
        self.put(bytes)?;
        Ok(if found {
            Imported::Present
        } else {
            Imported::Added
        })
    }

    /// The bytes of a hash.
    pub(super) fn get(&self, hash: blake3::Hash) -> StoreResult<Option<Vec<u8>>> {
        let path = self.path(hash);
        let read = || -> io::Result<_> {
            let mut bytes = Vec::new();
            // No more than may be there, whatever became of the file.
            let most = MAX_ARTIFACT_BYTES as u64 + 1;
            File::open(&path)?.take(most).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        match read() {
            Ok(bytes) if blake3::hash(&bytes) == hash => Ok(Some(bytes)),
            Ok(_) => Err(corrupt(&hash.to_hex(), "its bytes do not have this hash")),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("read", &path, &error)),
        }
    }

    /// How many bytes are kept under a hash.
    pub(super) fn size(&self, hash: blake3::Hash) -> StoreResult<Option<u64>> {
        let path = self.path(hash);
        match fs::metadata(&path) {
            Ok(found) => Ok(Some(found.len())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("look at", &path, &error)),
        }
    }

    /// The artifacts whose hashes begin so. What is no artifact is left out; [`verify`](Self::verify)
    /// tells it.
    pub(super) fn list(&self, prefix: &str) -> StoreResult<Vec<ArtifactListing>> {
        let prefix = prefix.to_ascii_lowercase();
        let leads = |digits: &str| digits.starts_with(&prefix) || prefix.starts_with(digits);
        let mut listed = Vec::new();
        for folder in list(&self.folder)? {
            if is_unfinished(&folder) || !leads(&last_name(&folder)) || !folder.is_dir() {
                continue;
            }
            for path in list(&folder)? {
                let digits = format!("{}{}", last_name(&folder), last_name(&path));
                let Some(hash) = blake3::Hash::from_hex(&digits).ok() else {
                    continue;
                };
                if digits.starts_with(&prefix)
                    && self.path(hash) == path
                    && let Some(bytes) = self.size(hash)?
                {
                    let hash = Arc::from(digits);
                    listed.push(ArtifactListing { hash, bytes });
                }
            }
        }
        listed.sort_unstable_by(|a, b| a.hash.cmp(&b.hash));
        Ok(listed)
    }

    /// Reads every artifact, and tells what does not hold.
    pub(super) fn verify(&self, report: &mut VerifyReport) -> StoreResult<()> {
        for folder in list(&self.folder)? {
            if is_unfinished(&folder) {
                continue;
            }
            if !folder.is_dir() {
                report.problems.push(foreign(&folder));
                continue;
            }
            for path in list(&folder)? {
                let digits = format!("{}{}", last_name(&folder), last_name(&path));
                let named = blake3::Hash::from_hex(&digits);
                match named {
                    Ok(hash) if self.path(hash) == path => match hash_of(&path) {
                        Ok(found) if found == hash => report.artifacts += 1,
                        Ok(_) => {
                            let problem = corrupt(&digits, "its bytes do not have this hash");
                            report.problems.push(problem.to_string());
                        }
                        Err(error) => {
                            let problem = failed("read", &path, &error);
                            report.problems.push(problem.to_string());
                        }
                    },
                    _ => report.problems.push(foreign(&path)),
                }
            }
        }
        Ok(())
    }

    fn prepare_folders(&self, path: &Path) -> io::Result<()> {
        make_folder(&self.folder)?;
        path.parent().map_or(Ok(()), make_folder)
    }

    /// Makes the names of a file and of its folders durable.
    fn sync_folders(&self, path: &Path) -> io::Result<()> {
        let store = self.folder.parent();
        let folders = [path.parent(), Some(&*self.folder), store];
        folders.into_iter().flatten().try_for_each(sync_directory)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let number = self.begun.fetch_add(1, Ordering::Relaxed);
        // With the process in the name: one that has let go of the store may still finish a file.
        let name = format!("{UNFINISHED}{}-{number}", std::process::id());
        let unfinished = Unfinished(self.folder.join(name));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let mut file = options.open(&unfinished.0)?;
        make_private(&unfinished.0).map_err(io::Error::other)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&unfinished.0, path)
    }
}

fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    match builder.create(path) {
        Ok(()) => make_private(path).map_err(io::Error::other),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

fn hash_of(path: &Path) -> io::Result<blake3::Hash> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path)?)?;
    Ok(hasher.finalize())
}

/// What is in a folder; nothing if there is none.
fn list(folder: &Path) -> StoreResult<Vec<PathBuf>> {
    let list = || -> io::Result<Vec<_>> {
        let files = fs::read_dir(folder)?;
        files.map(|file| Ok(file?.path())).collect()
    };
    match list() {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        list => list.map_err(|error| failed("list", folder, &error)),
    }
}

fn last_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn is_unfinished(path: &Path) -> bool {
    last_name(path).starts_with(UNFINISHED)
}

fn corrupt(digits: &str, reason: &str) -> StoreError {
    StoreError::Corrupt {
        key: format!("artifact {digits}"),
        reason: reason.to_owned(),
    }
}

fn foreign(path: &Path) -> String {
    format!(
        "{} is no artifact",
        path.display().to_string().escape_debug()
    )
}

fn failed(doing: &str, path: &Path, error: &io::Error) -> StoreError {
    StoreError::written(path, format!("cannot {doing} {}", path.display()), error)
}
