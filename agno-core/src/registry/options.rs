//! What can be said of a step beside its body.

use std::time::Duration;

use agno_storage::CacheMode;
use serde::{Deserialize, Serialize};

use super::{Cache, Gate};

/// How often and how fast a failed attempt is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Retry {
    pub(crate) max: u32,
    pub(crate) backoff: Duration,
    pub(crate) factor: f64,
    pub(crate) max_delay: Duration,
    pub(crate) jitter: bool,
}

impl Retry {
    /// At most `max` repetitions after the first attempt, the first of them after 500 ms, each
    /// pause twice the one before, up to 30 s, with full jitter.
    pub const fn new(max: u32) -> Self {
        Self {
            max,
            backoff: Duration::from_millis(500),
            factor: 2.0,
            max_delay: Duration::from_secs(30),
            jitter: true,
        }
    }

    /// Pause before the first repetition. Default 500 ms.
    #[must_use]
    pub const fn backoff(mut self, backoff: Duration) -> Self {
        self.backoff = backoff;
        self
    }

    /// What each pause is multiplied by. Default 2.
    #[must_use]
    pub const fn factor(mut self, factor: f64) -> Self {
        self.factor = factor;
        self
    }

    /// Longest pause. Default 30 s.
    #[must_use]
    pub const fn max_delay(mut self, max_delay: Duration) -> Self {
        self.max_delay = max_delay;
        self
    }

    /// Whether a pause is drawn between nothing and its length, so that many runs that failed
    /// together do not come back together. Default true. This is "full jitter" of Marc Brooker,
    /// "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).
    #[must_use]
    pub const fn jitter(mut self, jitter: bool) -> Self {
        self.jitter = jitter;
        self
    }

    /// The pause after a failed attempt, counted from 1. `draw` is between 0 and 1.
    pub(crate) fn delay(&self, attempt: u32, draw: f64) -> Duration {
        let exponent = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
        let grown = self.backoff.as_secs_f64() * self.factor.max(1.0).powi(exponent);
        let capped = grown.min(self.max_delay.as_secs_f64());
        Duration::from_secs_f64(if self.jitter { capped * draw } else { capped })
    }
}

/// What happens when a step has failed for good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnError {
    /// The call answers the error.
    #[default]
    Fail,
    /// The call answers the default of its output.
    Skip,
    /// A person is asked what to do: try again, go on with another output, or fail.
    Pause,
}

/// What happens when a run asks for something else than it has recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnDrift {
    /// The run stops and says what differs.
    #[default]
    Fail,
    /// What was recorded from there on is discarded and runs again, unless it changed state.
    Rerun,
}

/// A step as it is declared: its name and options.
///
/// ```
/// use std::time::Duration;
/// use agno_core::{Retry, Step};
///
/// let step = Step::new("search")
///     .describe("Finds sources on the web.")
///     .retry(Retry::new(3).backoff(Duration::from_millis(500)))
///     .timeout(Duration::from_secs(20));
/// ```
#[derive(Clone, Debug)]
pub struct Step {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) options: StepOptions,
    pub(crate) on_error: OnError,
    pub(crate) at_most_once: bool,
    pub(crate) version: u32,
    pub(crate) gate: Option<Gate>,
    pub(crate) history: usize,
}

/// Options that a single call may set anew.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct StepOptions {
    pub(crate) retry: Option<Retry>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) cache: Option<Cache>,
    /// How the cache is used, if not as the run says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cache_mode: Option<CacheMode>,
}

impl Step {
    /// A step without options.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            description: "",
            options: StepOptions {
                retry: None,
                timeout: None,
                cache: None,
                cache_mode: None,
            },
            on_error: OnError::Fail,
            at_most_once: false,
            version: 1,
            gate: None,
            history: 0,
        }
    }

    /// [`new`](Self::new) and [`describe`](Self::describe) at once, for the macros.
    #[doc(hidden)]
    pub const fn described(name: &'static str, description: &'static str) -> Self {
        Self::new(name).describe(description)
    }

    /// What it does, in a sentence.
    #[must_use]
    pub const fn describe(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    /// Repeats failed attempts. Default: no repetition.
    #[must_use]
    pub const fn retry(mut self, retry: Retry) -> Self {
        self.options.retry = Some(retry);
        self
    }

    /// Longest time of one attempt. Default: none.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = Some(timeout);
        self
    }

    /// Keeps results for later calls. Default: none are kept.
    #[must_use]
    pub fn cache(mut self, cache: Cache) -> Self {
        self.options.cache = Some(cache);
        self
    }

    /// A person has to say yes before the step runs, wherever it is called. The gate comes before
    /// the cache.
    #[must_use]
    pub const fn confirm(mut self, gate: Gate) -> Self {
        self.gate = Some(gate);
        self
    }

    /// How many earlier runs of the session an agent is shown: what it was asked there and what
    /// it answered. Default: none.
    #[must_use]
    pub const fn history(mut self, runs: usize) -> Self {
        self.history = runs;
        self
    }

    /// After a failure a person is asked what to do.
    #[must_use]
    pub const fn pause_on_error(mut self) -> Self {
        self.on_error = OnError::Pause;
        self
    }

    /// The start is recorded before the body runs. After a crash or timeout in the middle the
    /// step is "may have run" and does not run a second time by itself.
    #[must_use]
    pub const fn at_most_once(mut self) -> Self {
        self.at_most_once = true;
        self
    }

    /// Version of the step's meaning. Another version does not use results cached by this one.
    /// Default 1.
    #[must_use]
    pub const fn version(mut self, version: u32) -> Self {
        self.version = version;
        self
    }
}

/// A flow as it is declared: its name and options.
#[derive(Clone, Debug)]
pub struct FlowSpec {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) options: StepOptions,
}

impl FlowSpec {
    /// A flow without options.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            description: "",
            options: StepOptions {
                retry: None,
                timeout: None,
                cache: None,
                cache_mode: None,
            },
        }
    }

    /// What it does, in a sentence.
    #[must_use]
    pub const fn describe(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    /// Longest time from call to result. Default: none.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = Some(timeout);
        self
    }

    /// Keeps results for later calls. Default: none are kept.
    #[must_use]
    pub fn cache(mut self, cache: Cache) -> Self {
        self.options.cache = Some(cache);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_their_limit() {
        let retry = Retry::new(9).backoff(Duration::from_secs(1)).jitter(false);
        let pauses: Vec<_> = (1..=7).map(|n| retry.delay(n, 0.5).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30]);
    }

    #[test]
    fn full_jitter_draws_from_the_whole_pause() {
        let retry = Retry::new(1).backoff(Duration::from_secs(4));
        assert_eq!(retry.delay(1, 0.0), Duration::ZERO);
        assert_eq!(retry.delay(1, 0.5), Duration::from_secs(2));
    }
}
