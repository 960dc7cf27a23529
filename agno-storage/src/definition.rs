//! Definitions: what a program keeps in the store beside its runs, in versions.

use std::{sync::Arc, time::SystemTime};

use serde::{Deserialize, Serialize};

use crate::{
    Json, MAX_NAME_BYTES, StoreError, StoreResult,
    rules::{check_size, check_value},
};

/// One version of something that is defined outside of the code, such as the settings of an
/// agent. A version is never changed and never removed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    /// What it defines: `agent`.
    pub kind: Arc<str>,
    /// Its name, among those of its kind.
    pub name: Arc<str>,
    /// Its version: 1, 2, 3 and so on, given by the store.
    pub version: u32,
    /// When it was saved, in microseconds since 1970.
    pub saved_at: u64,
    /// What it says.
    pub body: Json,
}

impl Definition {
    /// The version after `newest`, said now.
    pub(crate) fn after(newest: u32, kind: &str, name: &str, body: Json) -> Self {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let micros = now.map_or(0, |now| u64::try_from(now.as_micros()).unwrap_or(u64::MAX));
        Self {
            kind: kind.into(),
            name: name.into(),
            version: newest.saturating_add(1),
            saved_at: micros,
            body,
        }
    }
}

/// The checks that need no store.
pub(crate) fn check(kind: &str, name: &str, body: &Json) -> StoreResult<()> {
    check_name("kind of definition", kind)?;
    check_name("name of a definition", name)?;
    check_size(kind.len() + name.len(), MAX_NAME_BYTES, || {
        "the name of a definition".to_owned()
    })?;
    check_value(body.len(), || format!("the {kind} definition `{name}`"))
}

fn check_name(what: &'static str, name: &str) -> StoreResult<()> {
    if !name.is_empty() && !name.chars().any(char::is_control) {
        return Ok(());
    }
    Err(StoreError::InvalidName {
        what,
        name: name.chars().take(40).flat_map(char::escape_debug).collect(),
        expected: "a text without control characters",
    })
}

/// What saving comes to, with the newest version as it stands: `Some` is its version, and nothing
/// is to be written.
pub(crate) fn decide(
    newest: Option<&Definition>,
    kind: &str,
    name: &str,
    body: &Json,
    expected: Option<u32>,
) -> StoreResult<Option<u32>> {
    // First of all: a caller that did not hear of its success asks again with the old number.
    if let Some(newest) = newest
        && newest.body == *body
    {
        return Ok(Some(newest.version));
    }
    let newest = newest.map_or(0, |newest| newest.version);
    match expected {
        Some(expected) if expected != newest => Err(StoreError::DefinitionConflict {
            kind: kind.into(),
            name: name.into(),
            expected,
            newest,
        }),
        _ => Ok(None),
    }
}

/// Whether a version of another store is there already. It may only follow the newest that is.
pub(crate) fn is_there(
    found: Option<&Definition>,
    newest: u32,
    version: &Definition,
) -> StoreResult<bool> {
    let Definition { kind, name, .. } = version;
    match found {
        Some(found) if found == version => Ok(true),
        Some(_) => Err(StoreError::Occupied {
            what: format!(
                "version {} of the {kind} definition `{name}`",
                version.version
            ),
        }),
        None if newest.checked_add(1) == Some(version.version) => Ok(false),
        None => Err(StoreError::DefinitionConflict {
            kind: kind.clone(),
            name: name.clone(),
            expected: version.version.saturating_sub(1),
            newest,
        }),
    }
}
