//! The back ends, each as the tests take it.

#[cfg(feature = "postgres")]
use std::time::Duration;
use std::{path::Path, sync::Arc};

use agno_storage::{Storage, StoreResult};

/// A back end that keeps its store in a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// sled.
    #[cfg(feature = "sled")]
    Sled,
    /// redb.
    #[cfg(feature = "redb")]
    Redb,
    /// SQLite.
    #[cfg(feature = "sqlite")]
    Sqlite,
}

impl Backend {
    /// Those of this build.
    pub const ALL: &[Self] = &[
        #[cfg(feature = "sled")]
        Self::Sled,
        #[cfg(feature = "redb")]
        Self::Redb,
        #[cfg(feature = "sqlite")]
        Self::Sqlite,
    ];

    /// Its name, also on the command line of the child.
    pub fn name(self) -> &'static str {
        match self {
            #[cfg(feature = "sled")]
            Self::Sled => "sled",
            #[cfg(feature = "redb")]
            Self::Redb => "redb",
            #[cfg(feature = "sqlite")]
            Self::Sqlite => "sqlite",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.name() == name)
    }

    /// Opens a store.
    ///
    /// # Errors
    ///
    /// Those of the back end.
    pub fn open(self, path: &Path) -> StoreResult<Arc<dyn Storage>> {
        Ok(match self {
            #[cfg(feature = "sled")]
            Self::Sled => Arc::new(agno_storage::SledStorage::open(path)?),
            #[cfg(feature = "redb")]
            Self::Redb => Arc::new(agno_storage::RedbStorage::open(path)?),
            #[cfg(feature = "sqlite")]
            Self::Sqlite => Arc::new(agno_storage::SqliteStorage::open(path)?),
        })
    }
}

/// Opens a database, which has no directory, and which several share: for as long as the lease a run stays with
/// a child that was killed, and a call tries to reach a server that is away.
///
/// # Errors
///
/// Those of the back end.
#[cfg(feature = "postgres")]
pub async fn open_postgres(url: &str, lease: Duration) -> StoreResult<Arc<dyn Storage>> {
    let options = agno_storage::PostgresOptions::new(url).lease(lease);
    Ok(Arc::new(options.open().await?))
}

/// A test for each back end of this build: `each_backend!(kills => survives);` makes `kills::sled`
/// and its like, which call `survives(Backend::Sled)`.
#[macro_export]
macro_rules! each_backend {
    ($($name:ident => $test:ident),+ $(,)?) => {$(
        mod $name {
            #[cfg(feature = "sled")]
            #[test]
            fn sled() {
                super::$test($crate::backend::Backend::Sled);
            }

            #[cfg(feature = "redb")]
            #[test]
            fn redb() {
                super::$test($crate::backend::Backend::Redb);
            }

            #[cfg(feature = "sqlite")]
            #[test]
            fn sqlite() {
                super::$test($crate::backend::Backend::Sqlite);
            }
        }
    )+};
}
