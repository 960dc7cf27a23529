//! Which store a command is about, as it was named.

use std::{path::Path, sync::Arc};

use agno_core::{
    Error, Storage,
    storage::{ConfigError, Retention, StoreConfig, StoreError, StoreResult},
};

/// A store as it was named. A name that means nothing is told when the store is needed.
#[derive(Debug)]
pub(crate) struct StoreUrl {
    shown: String,
    config: StoreResult<StoreConfig>,
    retention: Option<Retention>,
}

impl StoreUrl {
    pub(crate) fn new(url: &str) -> Self {
        let shown = StoreConfig::masked(url);
        let Some(file) = StoreConfig::file_in(url) else {
            return Self {
                shown,
                config: StoreConfig::parse(url),
                retention: None,
            };
        };
        let (config, retention) = match StoreConfig::read_file(file) {
            Ok(file) => (Ok(file.store), file.retention),
            Err(error) => (Err(error), None),
        };
        Self {
            shown,
            config,
            retention,
        }
    }

    /// As it was named, without a password.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// What it means.
    ///
    /// # Errors
    ///
    /// That it means nothing.
    pub(crate) fn config(&self) -> Result<&StoreConfig, Error> {
        self.config.as_ref().map_err(|error| error.clone().into())
    }

    /// What a configuration file says of retention.
    pub(crate) fn retention(&self) -> Option<&Retention> {
        self.retention.as_ref()
    }

    /// The directory it is in, if it is in one.
    pub(crate) fn directory(&self) -> Option<&Path> {
        self.config.as_ref().ok()?.directory()
    }

    /// The directory it would be in, where there is none.
    pub(crate) fn missing(&self) -> Option<&Path> {
        // One that cannot be looked at may be there: opening it says why not.
        self.directory()
            .filter(|path| path.try_exists().is_ok_and(|exists| !exists))
    }

    /// Whether anything of this process is there for the next.
    pub(crate) fn outlives_process(&self) -> bool {
        self.config
            .as_ref()
            .is_ok_and(StoreConfig::outlives_process)
    }

    pub(crate) async fn open(&self) -> Result<Arc<dyn Storage>, Error> {
        Ok(self.config()?.open().await?)
    }

    /// Another store beside this one, for a new run.
    pub(crate) fn another(&self) -> String {
        let named = self.shown.split('?').next().unwrap_or_default();
        match (StoreConfig::file_in(named), self.directory()) {
            (Some(_), Some(directory)) => format!("{}-2", directory.display()),
            _ => format!("{}-2", named.trim_end_matches('/')),
        }
    }

    /// What to name in its place, since it does not open for this reason. `None`: the reason says it.
    pub(crate) fn instead(error: &Error) -> Option<String> {
        match error.store_error() {
            Some(StoreError::Config(ConfigError::OtherEngine { path, found, .. })) => {
                Some(format!("{found}:{}", path.display()))
            }
            Some(StoreError::Config(ConfigError::Url { .. })) => {
                Some(crate::app::DEFAULT_STORE.to_owned())
            }
            _ => None,
        }
    }
}
