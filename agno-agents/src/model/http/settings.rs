//! The limits of a model behind HTTP.

use std::time::Duration;

use crate::model::ModelError;

/// The limits of a model behind HTTP, as the builders of the adapters set them.
#[derive(Clone, Debug)]
pub(crate) struct HttpSettings {
    /// To connect, TLS included.
    pub(crate) connect_timeout: Duration,
    /// Between two pieces of an answer. Models that think are silent for long.
    pub(crate) idle_timeout: Duration,
    /// For an answer with all its attempts and pauses. Waiting in line does not count.
    pub(crate) deadline: Duration,
    /// Requests for one answer, the first included.
    pub(crate) max_attempts: u32,
    /// The longest `Retry-After` that is waited for.
    pub(crate) longest_retry_after: Duration,
    /// Requests at once, of a model and its clones.
    pub(crate) in_flight: usize,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(120),
            deadline: Duration::from_secs(600),
            max_attempts: 4,
            longest_retry_after: Duration::from_secs(60),
            in_flight: 8,
        }
    }
}

impl HttpSettings {
    /// Whether they make sense.
    pub(crate) fn check(&self) -> Result<(), ModelError> {
        let wrong = if self.max_attempts == 0 {
            "max_attempts"
        } else if self.in_flight == 0 {
            "in_flight"
        } else if self.connect_timeout.is_zero() {
            "connect_timeout"
        } else if self.idle_timeout.is_zero() {
            "idle_timeout"
        } else if self.deadline.is_zero() {
            "deadline"
        } else {
            return Ok(());
        };
        Err(ModelError::Settings(format!("{wrong} must not be 0")))
    }
}
