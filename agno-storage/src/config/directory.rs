//! A store in a directory.

use std::{
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::Deserialize;

use super::ConfigError;
use crate::{Storage, StoreResult};

/// What keeps a directory's records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Engine {
    /// sled, a log-structured tree.
    Sled,
    /// redb, a copy-on-write tree in one file.
    Redb,
    /// SQLite, with a write-ahead log.
    Sqlite,
}

impl Engine {
    /// Its name in a URL, which is that of its feature too.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sled => "sled",
            Self::Redb => "redb",
            Self::Sqlite => "sqlite",
        }
    }

    /// The one that a new directory gets which names none: sled, or what this build has.
    fn of_this_build() -> Self {
        match () {
            () if cfg!(feature = "sled") => Self::Sled,
            () if cfg!(feature = "redb") => Self::Redb,
            () if cfg!(feature = "sqlite") => Self::Sqlite,
            () => Self::Sled,
        }
    }

    /// The one whose store is in a directory, by what its files begin with.
    fn found_in(path: &Path) -> Option<Self> {
        let files = fs::read_dir(path).ok()?;
        files.flatten().find_map(|file| {
            let name = file.file_name();
            // The second is what is left there of one that was compacted.
            if (name == "conf" && path.join("db").is_file()) || name == "GENERATION" {
                return Some(Self::Sled);
            }
            let mut start = [0; 16];
            let is_file = file.file_type().is_ok_and(|kind| kind.is_file());
            let read = is_file.then(|| File::open(file.path()).ok()?.read(&mut start).ok());
            match &start[..read.flatten()?] {
                start if start.starts_with(b"SQLite format 3\0") => Some(Self::Sqlite),
                start if start.starts_with(b"redb\x1a\x0a\xa9\x0d\x0a") => Some(Self::Redb),
                _ => None,
            }
        })
    }
}

/// A store in a directory, and how it is opened. `sled:DIR`, `redb:DIR` and `sqlite:DIR` as URLs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryConfig {
    engine: Option<Engine>,
    path: PathBuf,
    cache_bytes: Option<u64>,
}

impl DirectoryConfig {
    /// The store that is in a directory. If there is none, a new one: sled's, or in a build without
    /// it redb's or SQLite's.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            engine: None,
            path: path.into(),
            cache_bytes: None,
        }
    }

    /// A store that is kept by sled.
    pub fn sled(path: impl Into<PathBuf>) -> Self {
        Self::new(path).engine(Engine::Sled)
    }

    /// A store that is kept by redb.
    pub fn redb(path: impl Into<PathBuf>) -> Self {
        Self::new(path).engine(Engine::Redb)
    }

    /// A store that is kept by SQLite.
    pub fn sqlite(path: impl Into<PathBuf>) -> Self {
        Self::new(path).engine(Engine::Sqlite)
    }

    /// What keeps its records. Default: what is there.
    #[must_use]
    pub fn engine(mut self, engine: Engine) -> Self {
        self.engine = Some(engine);
        self
    }

    /// Memory for the engine's cache of pages, in bytes. Default: the engine's options say.
    #[must_use]
    pub fn cache_bytes(mut self, bytes: u64) -> Self {
        self.cache_bytes = Some(bytes);
        self
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// With a path that is relative to a directory taken as a path in it.
    #[cfg(feature = "config-file")]
    pub(super) fn relative_to(mut self, directory: &Path) -> Self {
        self.path = directory.join(self.path);
        self
    }

    /// The engine it is opened with: the one that was named, the one that is there, or a new one's.
    fn chosen(&self) -> Engine {
        self.engine
            .or_else(|| Engine::found_in(&self.path))
            .unwrap_or_else(Engine::of_this_build)
    }

    pub(super) fn location(&self) -> String {
        format!("{} ({})", self.path.display(), self.chosen().as_str())
    }

    /// Opens it, on a thread that may block.
    pub(super) async fn open(self) -> StoreResult<Arc<dyn Storage>> {
        #[cfg(any(feature = "sled", feature = "redb", feature = "sqlite"))]
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let opened = runtime.spawn_blocking(move || self.open_here()).await;
            return opened.map_err(|error| crate::StoreError::Io {
                context: "the store did not open".to_owned(),
                message: error.to_string(),
            })?;
        }
        self.open_here()
    }

    fn open_here(self) -> StoreResult<Arc<dyn Storage>> {
        let engine = self.chosen();
        // Its files would be made beside the others, and the others be taken for lost.
        if let Some(found) = Engine::found_in(&self.path)
            && found != engine
        {
            return Err(ConfigError::OtherEngine {
                path: self.path,
                found: found.as_str(),
                asked: engine.as_str(),
            }
            .into());
        }
        match engine {
            #[cfg(feature = "sled")]
            Engine::Sled => {
                let mut options = crate::SledOptions::new();
                if let Some(bytes) = self.cache_bytes {
                    options = options.cache_bytes(bytes);
                }
                Ok(Arc::new(options.open(&self.path)?))
            }
            #[cfg(feature = "redb")]
            Engine::Redb => {
                let mut options = crate::RedbOptions::new();
                if let Some(bytes) = self.cache_bytes {
                    options = options.cache_bytes(bytes);
                }
                Ok(Arc::new(options.open(&self.path)?))
            }
            #[cfg(feature = "sqlite")]
            Engine::Sqlite => {
                let mut options = crate::SqliteOptions::new();
                if let Some(bytes) = self.cache_bytes {
                    options = options.cache_bytes(bytes);
                }
                Ok(Arc::new(options.open(&self.path)?))
            }
            #[allow(unreachable_patterns, reason = "some builds have all of them")]
            missing => Err(ConfigError::MissingFeature {
                back_end: missing.as_str(),
                feature: missing.as_str(),
            }
            .into()),
        }
    }
}
