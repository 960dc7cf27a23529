//! Which store a runtime has.

use std::sync::Arc;

use agno_storage::{ConfigFile, Retention, Storage, StoreConfig};

use crate::error::{Error, code};

/// What a builder was told.
pub(super) enum Store {
    Url(String),
    Config(StoreConfig),
    Ready(Arc<dyn Storage>),
}

impl Store {
    /// Opens it. Answers what a configuration file says of retention as well.
    pub(super) async fn open(self) -> Result<(Arc<dyn Storage>, Option<Retention>), Error> {
        let (config, retention) = match self {
            Self::Ready(storage) => return Ok((storage, None)),
            Self::Config(config) => (config, None),
            Self::Url(url) => read(url).await?,
        };
        Ok((config.open().await?, retention))
    }
}

/// Opens a store by URL: `memory:`, `sled:DIRECTORY`, `redb:DIRECTORY`, `sqlite:DIRECTORY`,
/// `postgres://..`, a directory, or a configuration file (`.toml`). See [`StoreConfig::parse`].
///
/// # Errors
///
/// When the URL names no back end of this build, or the store does not open.
pub async fn open(url: &str) -> Result<Arc<dyn Storage>, Error> {
    let (storage, _) = Store::Url(url.to_owned()).open().await?;
    Ok(storage)
}

/// A file is read on a thread that may block.
async fn read(url: String) -> Result<(StoreConfig, Option<Retention>), Error> {
    let Some(path) = StoreConfig::file_in(&url).map(ToOwned::to_owned) else {
        return Ok((StoreConfig::parse(&url)?, None));
    };
    let read = tokio::task::spawn_blocking(move || StoreConfig::read_file(path)).await;
    let ConfigFile {
        store, retention, ..
    } =
        read.map_err(|error| Error::new(code::STORE, format!("the file is not read: {error}")))??;
    Ok((store, retention))
}
