//! A PostgreSQL database.

use std::{fmt, sync::Arc, time::Duration};

use super::url;
use crate::{Storage, StoreResult};

/// A PostgreSQL database, and how it is used. `postgres://USER:PASSWORD@HOST/DATABASE?..` as a URL,
/// where the options below stand in the query beside those of the driver, such as `sslmode`.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresConfig {
    url: String,
    password_env: Option<String>,
    schema: Option<String>,
    table_prefix: Option<String>,
    connections: Option<u32>,
    lease: Option<Duration>,
}

impl fmt::Debug for PostgresConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresConfig")
            .field("url", &self.location())
            .field("password_env", &self.password_env)
            .field("schema", &self.schema)
            .field("table_prefix", &self.table_prefix)
            .field("connections", &self.connections)
            .field("lease", &self.lease)
            .finish()
    }
}

impl PostgresConfig {
    /// The database at a URL of the driver's: every option in its query is one of the driver.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            password_env: None,
            schema: None,
            table_prefix: None,
            connections: None,
            lease: None,
        }
    }

    /// The environment variable that the password is in. It is read when the store is opened.
    #[must_use]
    pub fn password_env(mut self, name: impl Into<String>) -> Self {
        self.password_env = Some(name.into());
        self
    }

    /// The schema that the tables are in; made if it is not there.
    #[must_use]
    pub fn schema(mut self, schema: impl Into<String>) -> Self {
        self.schema = Some(schema.into());
        self
    }

    /// What the names of the tables begin with.
    #[must_use]
    pub fn table_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.table_prefix = Some(prefix.into());
        self
    }

    /// How many connections it has at most.
    #[must_use]
    pub fn connections(mut self, connections: u32) -> Self {
        self.connections = Some(connections);
        self
    }

    /// How long a run stays its owner's without a word of it: see
    /// [`Storage::lease`](crate::Storage::lease).
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = Some(lease);
        self
    }

    pub(super) fn location(&self) -> String {
        url::masked(&self.url)
    }

    #[cfg(feature = "postgres")]
    pub(super) async fn open(&self) -> StoreResult<Arc<dyn Storage>> {
        let mut url = self.url.clone();
        if let Some(name) = &self.password_env {
            let password = super::error::variable(name, "password_env")?;
            url::add_to_query(&mut url, "password", &password);
        }
        let mut options = crate::PostgresOptions::new(url);
        if let Some(schema) = &self.schema {
            options = options.schema(schema.as_str());
        }
        if let Some(prefix) = &self.table_prefix {
            options = options.table_prefix(prefix.as_str());
        }
        if let Some(connections) = self.connections {
            options = options.connections(connections as usize);
        }
        if let Some(lease) = self.lease {
            options = options.lease(lease);
        }
        Ok(Arc::new(options.open().await?))
    }

    #[cfg(not(feature = "postgres"))]
    #[allow(clippy::unused_async, reason = "it is one where the back end is there")]
    pub(super) async fn open(&self) -> StoreResult<Arc<dyn Storage>> {
        Err(super::ConfigError::MissingFeature {
            back_end: "PostgreSQL",
            feature: "postgres",
        }
        .into())
    }
}
