//! Storing from inside a step.

use std::path::Path;

use super::{Artifact, Content, put_file};
use crate::{context::StepContext, error::Error};

impl StepContext {
    /// Keeps bytes in the store, and answers a reference to them for the step to return. They are
    /// on disk when this resolves; the same bytes are kept once. What an attempt stores and does
    /// not return stays in the store, and nothing refers to it.
    ///
    /// ```
    /// # async fn step(context: &agno_core::StepContext, page: String) -> agno_core::Result<()> {
    /// use agno_core::Content;
    ///
    /// let page = context.store(Content::new(page).named("page.html")).await?;
    /// assert_eq!(page.media_type(), "text/html");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// `invalid_artifact` for a name or media type that is none, `too_large` beyond 256 MiB, or the
    /// store's own error.
    pub async fn store(&self, content: impl Into<Content>) -> Result<Artifact, Error> {
        content.into().put(self.artifacts(), |_| Ok(())).await
    }

    /// Keeps a file in the store, as [`store`](Self::store) does, under its name without the
    /// folders. The file is read beside the runtime's threads.
    ///
    /// # Errors
    ///
    /// `invalid_artifact` when it is not there, cannot be read, is no file, or is larger than
    /// 256 MiB; or the store's own error.
    pub async fn store_file(&self, path: impl AsRef<Path>) -> Result<Artifact, Error> {
        let path = path.as_ref().to_owned();
        put_file(self.artifacts(), path, |_| Ok(())).await
    }
}
