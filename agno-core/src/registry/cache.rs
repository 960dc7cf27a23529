//! What can be said of a step's cached results.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Keeps the result of a step for later calls with the same input.
///
/// ```
/// use std::time::Duration;
/// use agno_core::{Cache, Scope};
///
/// let hour = Duration::from_secs(3600);
/// let cache = Cache::new()
///     .ttl(hour)
///     .scope(Scope::Global)
///     .tags("site, {source.host}")
///     .stale_while_revalidate(hour / 6)
///     .stale_if_error(24 * hour);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cache {
    pub(crate) ttl: Option<Duration>,
    pub(crate) key: Option<String>,
    pub(crate) scope: Scope,
    #[serde(default)]
    pub(crate) tags: Option<String>,
    #[serde(default)]
    pub(crate) stale_while_revalidate: Option<Duration>,
    #[serde(default)]
    pub(crate) stale_if_error: Option<Duration>,
    #[serde(default)]
    pub(crate) jitter: bool,
}

impl Cache {
    /// For the session, without end, by the whole input.
    pub const fn new() -> Self {
        Self {
            ttl: None,
            key: None,
            scope: Scope::Session,
            tags: None,
            stale_while_revalidate: None,
            stale_if_error: None,
            jitter: false,
        }
    }

    /// How long a result is kept. Default: without end.
    #[must_use]
    pub const fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }

    /// The part of the input that counts: names of parameters or of fields in them,
    /// `"topic.title, page"`. Default: all of it.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Who shares a result. Default: the session.
    #[must_use]
    pub const fn scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// Words that results are found and removed by, with commas between them: `"site, {source}"`.
    /// What stands in braces is a part of the input, a text, a number or a truth value; a tag with
    /// a part that is null is left out. Default: none.
    ///
    /// A result is not cached whose tags cannot be told, so that nothing is stored that a tag does
    /// not remove.
    #[must_use]
    pub fn tags(mut self, tags: impl Into<String>) -> Self {
        self.tags = Some(tags.into());
        self
    }

    /// For how long after its end a result is answered all the same, at once, while a new one is
    /// computed in the background. Default: not at all.
    ///
    /// The computation is no part of the run: it counts as no step of it, is in no journal, has one
    /// attempt, and an idempotency key of its own. There is one at a time for a key, and it is
    /// given up when the runtime is dropped or its [`Worker`](crate::Worker) ends; then the next
    /// call begins it again. A step that needs its run is computed in the run instead, as if it had
    /// not been said: one with `confirm`, one that is a field such as an agent, and from the second
    /// time on one that uses memos, asks people, calls a workflow or reads the session's history.
    /// So is a sub-flow.
    #[must_use]
    pub const fn stale_while_revalidate(mut self, time: Duration) -> Self {
        self.stale_while_revalidate = Some(time);
        self
    }

    /// For how long after its end a result is answered in place of an error, when the last attempt
    /// to compute a new one has failed. It comes before what the step says of errors. Default: not
    /// at all.
    #[must_use]
    pub const fn stale_if_error(mut self, time: Duration) -> Self {
        self.stale_if_error = Some(time);
        self
    }

    /// Whether each result is kept up to a tenth longer or shorter than `ttl`, so that what was
    /// stored together does not end together. Default: false.
    #[must_use]
    pub const fn jitter(mut self, jitter: bool) -> Self {
        self.jitter = jitter;
        self
    }

    /// How long the next result is kept, in microseconds. `draw` is between 0 and 1.
    pub(crate) fn lasts(&self, draw: f64) -> Option<u64> {
        let ttl = self.ttl?;
        let ttl = match self.jitter {
            true => ttl.mul_f64(0.9 + 0.2 * draw),
            false => ttl,
        };
        Some(micros(ttl))
    }
}

pub(crate) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Who shares a cached result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Calls of one run.
    Run,
    /// Runs of one session.
    #[default]
    Session,
    /// Runs for one user; without a user, runs of one session.
    User,
    /// Every run.
    Global,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_is_a_tenth_to_either_side() {
        let cache = Cache::new().ttl(Duration::from_secs(100));
        assert_eq!(cache.lasts(0.0), Some(100_000_000));
        let cache = cache.jitter(true);
        assert_eq!(cache.lasts(0.0), Some(90_000_000));
        assert_eq!(cache.lasts(1.0), Some(110_000_000));
        assert_eq!(Cache::new().jitter(true).lasts(0.5), None);
    }
}
