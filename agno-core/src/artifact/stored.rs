//! Artifacts in a store: reading them, and finding out whether they are there.

use std::{collections::HashSet, fs, io::Read, path::PathBuf};

use agno_storage::{Json, MAX_ARTIFACT_BYTES, Storage, StoreError};

use super::{Artifact, Content, reference::tamed_name};
use crate::{
    error::{Error, code},
    schema::{InputErrors, Missing, printable, references},
};

/// Why a reference stands for nothing, in words; `None` if it does.
pub(crate) async fn missing(
    storage: &dyn Storage,
    artifact: &Artifact,
) -> Result<Option<String>, StoreError> {
    match storage.artifact_size(artifact.hash()).await? {
        Some(size) if size == artifact.size() => Ok(None),
        Some(size) => {
            // Damage is told as such; else it is the reference that is wrong.
            storage.artifact(artifact.hash()).await?;
            let says = artifact.size();
            Ok(Some(format!("it has {size} bytes, and not {says}")))
        }
        None => Ok(Some("the store does not hold it".to_owned())),
    }
}

/// The bytes of an artifact.
pub(crate) async fn read(storage: &dyn Storage, artifact: &Artifact) -> Result<Vec<u8>, Error> {
    let not_there = || {
        let problem = format!("no artifact {artifact} in the store {}", storage.location());
        Error::new(code::NOT_FOUND, problem).permanent()
    };
    match storage.artifact_size(artifact.hash()).await? {
        None => return Err(not_there()),
        Some(size) if size == artifact.size() => {}
        Some(_) => {
            let problem = missing(storage, artifact).await?.unwrap_or_default();
            let problem = format!("{artifact} cannot be read: {problem}");
            return Err(Error::new(code::INVALID_ARTIFACT, problem).permanent());
        }
    }
    let bytes = storage.artifact(artifact.hash()).await?;
    bytes.ok_or_else(not_there)
}

/// Refuses a value from outside that refers to what the store does not hold, with the places.
pub(crate) async fn refuse_missing(
    storage: &dyn Storage,
    type_name: &str,
    given: &Json,
) -> Result<(), Error> {
    let mut problems = Vec::new();
    let mut sound = HashSet::new();
    for (path, artifact) in references(&given.to_value()) {
        if sound.contains(&artifact) {
            continue;
        }
        match missing(storage, &artifact).await? {
            None => {
                sound.insert(artifact);
            }
            Some(why) => problems.push(Missing {
                path,
                artifact,
                why,
            }),
        }
    }
    if problems.is_empty() {
        return Ok(());
    }
    let errors = InputErrors::of_artifacts(type_name, given.as_str(), problems);
    Err(Error::input(errors))
}

/// Keeps a file.
pub(crate) async fn put_file(
    storage: &dyn Storage,
    path: PathBuf,
    accept: impl FnOnce(&str) -> Result<(), String>,
) -> Result<Artifact, Error> {
    let reading = tokio::task::spawn_blocking(move || Content::from_file(path));
    let content = match reading.await {
        Ok(content) => content?,
        Err(error) => return Err(Error::wrap(code::STEP, error)),
    };
    content.put(storage, accept).await
}

impl Content {
    /// The bytes and the name of a file. Blocks.
    ///
    /// # Errors
    ///
    /// `invalid_artifact`: it is not there, cannot be read, is no file, or is larger than a store
    /// takes.
    pub fn from_file(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let path = path.into();
        let refuse = |why: &dyn std::fmt::Display| {
            let path = printable(&path.to_string_lossy(), 200);
            let problem = format!("cannot store `{path}`: {why}");
            Error::new(code::INVALID_ARTIFACT, problem).permanent()
        };
        let too_large = |size: u64| {
            refuse(&format_args!(
                "it is {size} bytes, the limit is {MAX_ARTIFACT_BYTES}"
            ))
        };
        // Not opened if it is no file: opening a pipe waits for its other end.
        let known = fs::metadata(&path).map_err(|error| refuse(&error))?;
        if known.is_dir() {
            return Err(refuse(&"it is a directory, and not a file"));
        }
        if !known.is_file() {
            return Err(refuse(&"it is no regular file"));
        }
        if known.len() > MAX_ARTIFACT_BYTES as u64 {
            return Err(too_large(known.len()));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(known.len()).unwrap_or_default());
        let file = fs::File::open(&path).map_err(|error| refuse(&error))?;
        // It may grow meanwhile.
        file.take(MAX_ARTIFACT_BYTES as u64 + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| refuse(&error))?;
        if bytes.len() > MAX_ARTIFACT_BYTES {
            return Err(too_large(bytes.len() as u64));
        }
        let name = path.file_name().map(|name| name.to_string_lossy());
        Ok(Self::new(bytes).with_name(name.and_then(|name| tamed_name(&name))))
    }
}
