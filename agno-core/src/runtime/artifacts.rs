//! Artifacts, from outside of steps.

use std::path::Path;

use super::Runtime;
use crate::{
    artifact::{Artifact, Content, put_file, read},
    error::Error,
};

impl Runtime {
    /// Keeps bytes in the store, and answers a reference to them, for the input of a run. They are
    /// on disk when this resolves; the same bytes are kept once.
    ///
    /// # Errors
    ///
    /// `invalid_artifact` for a name or media type that is none, `too_large` beyond 256 MiB, or the
    /// store's own error.
    pub async fn put_artifact(&self, content: impl Into<Content>) -> Result<Artifact, Error> {
        content.into().put(&**self.storage(), |_| Ok(())).await
    }

    /// Keeps a file in the store, as [`put_artifact`](Self::put_artifact) does, under its name
    /// without the folders.
    ///
    /// # Errors
    ///
    /// `invalid_artifact` when it is not there, cannot be read, is no file, or is larger than
    /// 256 MiB; or the store's own error.
    pub async fn put_file(&self, path: impl AsRef<Path>) -> Result<Artifact, Error> {
        let path = path.as_ref().to_owned();
        put_file(&**self.storage(), path, |_| Ok(())).await
    }

    /// The bytes of an artifact. They are those that were stored: anything else is an error.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when the store does not hold it,
    /// `invalid_artifact` when it holds another number of bytes than the reference says, or the
    /// store's own error: `Corrupt`, when the bytes are not what they were.
    pub async fn artifact(&self, artifact: &Artifact) -> Result<Vec<u8>, Error> {
        read(&**self.storage(), artifact).await
    }
}
