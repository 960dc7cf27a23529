//! What the step cache keeps, and how a run uses it.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{Json, RunId};

/// Key of the step cache: a hash of all that the result depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CacheKey(pub [u8; 32]);

impl CacheKey {
    /// The key as 64 hexadecimal digits.
    pub fn to_hex(&self) -> String {
        blake3::Hash::from_bytes(self.0).to_hex().to_string()
    }
}

/// A stored result of a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CacheEntry {
    /// Name of the workflow that stored it.
    pub workflow: Arc<str>,
    /// Name of the step.
    pub step: Arc<str>,
    /// The run that stored it.
    pub run: RunId,
    /// The result.
    pub output: Json,
    /// When it was stored, in microseconds since 1970.
    pub stored_at: u64,
    /// When it ends, in microseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<u64>,
    /// Words that it can be found and removed by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Arc<str>>,
    /// What its key was made from, if that was kept: to tell why another key is another.
    #[serde(
        default,
        deserialize_with = "crate::json::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub parts: Option<Json>,
}

/// How the step cache is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CacheMode {
    /// What is stored is taken, and what is not is computed and stored.
    #[default]
    Use,
    /// Everything is computed, and stored in the place of what was.
    Refresh,
    /// Everything is computed, and nothing stored.
    Bypass,
    /// Nothing is computed that has a cache: what is not stored is an error.
    Only,
}

impl CacheMode {
    /// Every mode, with the usual one first.
    pub const ALL: [Self; 4] = [Self::Use, Self::Refresh, Self::Bypass, Self::Only];

    /// The mode as it stands in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Use => "use",
            Self::Refresh => "refresh",
            Self::Bypass => "bypass",
            Self::Only => "only",
        }
    }
}

impl fmt::Display for CacheMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
