//! Settings in a store.

use agno_core::storage::{Definition, Json, Storage};

use super::{
    AgentSettings, SettingsError,
    error::shown,
    read::{Wrong, json},
};

/// The kind under which a store keeps settings of agents.
const KIND: &str = "agent";

impl AgentSettings {
    /// Saves them in a store, under their name: answers their version. Settings that equal the
    /// newest version are that version.
    ///
    /// # Errors
    ///
    /// [`SettingsError::Unwritable`] when a field has a value that could not be read again, or
    /// [`SettingsError::Store`].
    pub async fn save(&self, store: &dyn Storage) -> Result<u32, SettingsError> {
        self.save_over(store, None).await
    }

    /// [`save`](Self::save), if `newest` still is the newest version; 0: if there is none yet.
    ///
    /// # Errors
    ///
    /// [`StoreError::DefinitionConflict`](agno_core::storage::StoreError::DefinitionConflict) in
    /// a [`SettingsError::Store`] when somebody else has saved meanwhile.
    pub async fn save_if_newest(
        &self,
        store: &dyn Storage,
        newest: u32,
    ) -> Result<u32, SettingsError> {
        self.save_over(store, Some(newest)).await
    }

    async fn save_over(
        &self,
        store: &dyn Storage,
        expected: Option<u32>,
    ) -> Result<u32, SettingsError> {
        let unwritable = |message: String| SettingsError::Unwritable {
            agent: shown(&self.name),
            message,
        };
        let body = Json::encode(self).map_err(|error| unwritable(error.to_string()))?;
        // The fields are public: what no file could hold must not get into a store either.
        let read = json(&body.to_value()).map_err(|Wrong { key, message, .. }| {
            unwritable(match key.is_empty() {
                true => message,
                false => format!("`{key}`: {message}"),
            })
        })?;
        if read != *self {
            let message = "`temperature` is no number".to_owned();
            return Err(unwritable(message));
        }
        let saving = store.save_definition(KIND, &self.name, body, expected);
        Ok(saving.await?)
    }

    /// Loads a version from a store, or the newest.
    ///
    /// # Errors
    ///
    /// [`SettingsError::NotStored`], [`SettingsError::Unreadable`] with the field that this
    /// program does not understand, or [`SettingsError::Store`].
    pub async fn load(
        store: &dyn Storage,
        name: &str,
        version: Option<u32>,
    ) -> Result<Self, SettingsError> {
        let found = store.definition(KIND, name, version).await?;
        let Some(found) = found else {
            return Err(SettingsError::NotStored {
                name: shown(name),
                version,
            });
        };
        read(&found)
    }

    /// Loads the newest version of all of them, by name.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub async fn load_all(store: &dyn Storage) -> Result<Vec<Self>, SettingsError> {
        let found = store.definitions(KIND).await?;
        found.iter().map(read).collect()
    }
}

fn read(found: &Definition) -> Result<AgentSettings, SettingsError> {
    json(&found.body.to_value()).map_err(|wrong| SettingsError::Unreadable {
        name: shown(&found.name),
        version: found.version,
        key: wrong.key,
        message: wrong.message,
        suggestion: wrong.suggestion,
    })
}
