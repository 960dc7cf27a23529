//! What is kept, and for how long.

use std::time::Duration;

use serde::Deserialize;

use super::read::{megabytes, span};

/// What is kept, and for how long. The default keeps everything but cached results that have expired.
///
/// As data: `completed = "30d"`, `failed = "90d"`, `cancelled = "30d"`, `keep_last_per_session = 20`,
/// `cache_mb = 256`. Ages are a number with a unit, from `ms` to `d`.
///
/// A run that is not over is never removed, nor is one that has called such a run. Artifacts stay: a
/// run that is being written may be about to refer to one that nothing else refers to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// How long completed runs are kept after their end. `None`: for good.
    #[serde(deserialize_with = "span")]
    pub completed: Option<Duration>,
    /// How long failed runs are kept.
    #[serde(deserialize_with = "span")]
    pub failed: Option<Duration>,
    /// How long cancelled runs are kept.
    #[serde(deserialize_with = "span")]
    pub cancelled: Option<Duration>,
    /// Keeps so many runs of each session, the newest, whatever their age and status.
    pub keep_last_per_session: Option<usize>,
    /// As many bytes of cached results are kept, the newest.
    #[serde(rename = "cache_mb", deserialize_with = "megabytes")]
    pub cache_bytes: Option<u64>,
}

impl Retention {
    /// Keeps everything but cached results that have expired.
    pub fn new() -> Self {
        Self::default()
    }

    /// Removes completed runs so long after their end.
    #[must_use]
    pub fn completed(mut self, age: Duration) -> Self {
        self.completed = Some(age);
        self
    }

    /// Removes failed runs so long after their end.
    #[must_use]
    pub fn failed(mut self, age: Duration) -> Self {
        self.failed = Some(age);
        self
    }

    /// Removes cancelled runs so long after their end.
    #[must_use]
    pub fn cancelled(mut self, age: Duration) -> Self {
        self.cancelled = Some(age);
        self
    }

    /// Keeps so many runs of each session, the newest, whatever their age and status.
    #[must_use]
    pub fn keep_last_per_session(mut self, runs: usize) -> Self {
        self.keep_last_per_session = Some(runs);
        self
    }

    /// Keeps at most so many bytes of cached results.
    #[must_use]
    pub fn cache_bytes(mut self, bytes: u64) -> Self {
        self.cache_bytes = Some(bytes);
        self
    }
}
