//! Which store it is, and how it is opened.

mod directory;
mod error;
#[cfg(feature = "config-file")]
mod file;
mod postgres;
mod read;
mod retention;
mod url;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

pub use self::{
    directory::{DirectoryConfig, Engine},
    error::ConfigError,
    postgres::PostgresConfig,
    retention::Retention,
};
use crate::{MemoryStorage, Storage, StoreResult};

/// Which store it is, and how it is opened: from a URL ([`parse`](Self::parse)), from TOML or JSON
/// (it is `Deserialize`), or put together in code, from a [`DirectoryConfig`] or a
/// [`PostgresConfig`].
///
/// As data it is a URL, or an object. Every key but `kind`, `url`, `url_env` and `path` is an option of
/// the back end; a directory takes `cache_mb`, PostgreSQL takes `schema`, `table_prefix`,
/// `connections`, `lease` and `password_env`.
///
/// ```
/// use agno_storage::StoreConfig;
///
/// let url = StoreConfig::parse("sled:./.agno?cache_mb=128")?;
/// let json = r#"{"kind": "sled", "path": "./.agno", "cache_mb": 128}"#;
/// assert_eq!(serde_json::from_str::<StoreConfig>(json)?, url);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A password in it is never shown: [`location`](Self::location), `Debug` and errors have `***` in
/// its place. For the same reason it cannot be written out again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreConfig {
    /// The memory of this process. Every opening is a store of its own.
    Memory,
    /// A directory, which one process at a time has for itself.
    Directory(DirectoryConfig),
    /// A database that many processes share.
    Postgres(PostgresConfig),
}

/// What a configuration file says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfigFile {
    /// Where it was read from.
    pub path: PathBuf,
    /// The store.
    pub store: StoreConfig,
    /// What is kept, and for how long.
    pub retention: Option<Retention>,
}

impl From<DirectoryConfig> for StoreConfig {
    fn from(directory: DirectoryConfig) -> Self {
        Self::Directory(directory)
    }
}

impl From<PostgresConfig> for StoreConfig {
    fn from(postgres: PostgresConfig) -> Self {
        Self::Postgres(postgres)
    }
}

impl StoreConfig {
    /// Reads a URL:
    ///
    /// | URL | Store |
    /// |---|---|
    /// | `memory:` | the memory of this process |
    /// | `sled:DIR`, `redb:DIR`, `sqlite:DIR` | a directory |
    /// | `postgres://..`, `postgresql://..` | a PostgreSQL database; see [`PostgresConfig`] |
    /// | a path that ends in `.toml` | what this [file](Self::read_file) says |
    /// | any other path | a directory: the store that is in it, or a new one |
    ///
    /// Options of the back end follow as a query: `sled:./.agno?cache_mb=128`.
    ///
    /// # Errors
    ///
    /// [`ConfigError`], as [`StoreError::Config`](crate::StoreError::Config): a kind of store or an
    /// option that there is not, with what was probably meant, or a file that does not read.
    pub fn parse(url: &str) -> StoreResult<Self> {
        match url::file_in(url) {
            Some(path) => Ok(Self::read_file(path)?.store),
            None => Ok(url::parse(url)?),
        }
    }

    /// Reads a configuration file:
    ///
    /// ```toml
    /// [store]
    /// url = "postgres://app@db.example/app"  # or `url_env = "NAME"`, or `kind` and `path`
    /// password_env = "APP_PASSWORD"
    /// connections = 16
    /// lease = "30s"
    ///
    /// [retention]
    /// completed = "30d"
    /// failed = "90d"
    /// keep_last_per_session = 20
    /// cache_mb = 256
    /// ```
    ///
    /// `store = "URL"` is the short form. A directory in it is relative to the file's own.
    ///
    /// # Errors
    ///
    /// [`ConfigError`], as [`StoreError::Config`](crate::StoreError::Config), with file and line. Also
    /// if the feature `config-file` is not in this build.
    pub fn read_file(path: impl AsRef<Path>) -> StoreResult<ConfigFile> {
        let path = path.as_ref();
        #[cfg(feature = "config-file")]
        return Ok(file::read(path)?);
        #[cfg(not(feature = "config-file"))]
        Err(ConfigError::File {
            path: path.to_owned(),
            line: None,
            message: error::feature_line("config-file"),
        }
        .into())
    }

    /// The configuration file that a URL names, if it names one.
    pub fn file_in(url: &str) -> Option<&Path> {
        url::file_in(url)
    }

    /// Opens the store.
    ///
    /// # Errors
    ///
    /// [`ConfigError::MissingFeature`], as [`StoreError::Config`](crate::StoreError::Config), when this
    /// build has no such back end, and those of the back end itself.
    pub async fn open(&self) -> StoreResult<Arc<dyn Storage>> {
        match self {
            Self::Memory => Ok(Arc::new(MemoryStorage::new())),
            Self::Directory(directory) => directory.clone().open().await,
            Self::Postgres(postgres) => postgres.open().await,
        }
    }

    /// Where it is, for people: `memory`, `./.agno (sled)`,
    /// `postgres://app:***@db.example/app`. Never with a password.
    pub fn location(&self) -> String {
        match self {
            Self::Memory => "memory".to_owned(),
            Self::Directory(directory) => directory.location(),
            Self::Postgres(postgres) => postgres.location(),
        }
    }

    /// The directory that it is in, if it is in one.
    pub fn directory(&self) -> Option<&Path> {
        match self {
            Self::Directory(directory) => Some(directory.path()),
            _ => None,
        }
    }

    /// Whether what is in it is there for the next process.
    pub fn outlives_process(&self) -> bool {
        !matches!(self, Self::Memory)
    }

    /// A URL with `***` in the place of its password, if it has one.
    pub fn masked(url: &str) -> String {
        url::masked(url)
    }
}

#[cfg(test)]
mod tests;
