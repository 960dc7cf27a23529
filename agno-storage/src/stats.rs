//! What a store says about itself: whether it is sound, what it holds, what room it takes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::RunStatus;

/// What [`Storage::verify`](crate::Storage::verify) found.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct VerifyReport {
    /// Runs read.
    pub runs: u64,
    /// Journal entries read.
    pub entries: u64,
    /// State fields read.
    pub fields: u64,
    /// Cached results read.
    pub cached: u64,
    /// Versions of definitions read.
    pub definitions: u64,
    /// Open requests read.
    pub requests: u64,
    /// Artifacts read.
    pub artifacts: u64,
    /// What does not hold, one line each. Empty means sound.
    pub problems: Vec<String>,
}

/// What a store holds, and how much room it takes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StoreStats {
    /// Runs, by status.
    pub runs: BTreeMap<RunStatus, u64>,
    /// Journal entries.
    pub entries: u64,
    /// Sessions with runs or state.
    pub sessions: u64,
    /// State fields.
    pub fields: u64,
    /// Open requests.
    pub requests: u64,
    /// Cached results.
    pub cached: u64,
    /// What they take, in bytes of JSON.
    pub cached_bytes: u64,
    /// Versions of definitions.
    pub definitions: u64,
    /// Artifacts.
    pub artifacts: u64,
    /// What they take, in bytes.
    pub artifact_bytes: u64,
    /// What all records but artifacts take by themselves, in bytes, if the back end can tell.
    pub live_bytes: Option<u64>,
    /// What the store takes on disk without its artifacts, in bytes, if the back end can tell.
    pub disk_bytes: Option<u64>,
    /// When it was last compacted, by itself or because somebody asked, in microseconds since 1970,
    /// if the back end keeps that.
    #[serde(default)]
    pub compacted_at: Option<u64>,
    /// The version of its format.
    pub format: u32,
}

/// What [`Storage::compact`](crate::Storage::compact) came to. In bytes on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compacted {
    /// Before.
    pub before: u64,
    /// After.
    pub after: u64,
}
