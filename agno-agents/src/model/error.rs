//! Why a model did not answer.

use std::time::Duration;

use agno_core::Error;

/// Why a model did not answer. [`code`](Self::code) is what a recorded error of a step says.
///
/// No variant holds a key or a whole request.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// There is no key for it.
    #[error("{provider} needs a key: set {variable}")]
    NoKey {
        /// The provider.
        provider: String,
        /// The environment variable that would hold it.
        variable: &'static str,
    },
    /// The provider does not take the request: a status of 400 to 499.
    #[error("{model}: the provider refused the request with status {status}: {message}")]
    Rejected {
        /// The model.
        model: String,
        /// HTTP status.
        status: u16,
        /// The provider's own word, if it gave one.
        code: Option<String>,
        /// What the provider said.
        message: String,
    },
    /// Too many requests, and patience is at its end.
    #[error("{model}: too many requests, after {attempts} attempts{}: {message}", wait(*retry_after))]
    RateLimited {
        /// The model.
        model: String,
        /// How long the provider asks to wait.
        retry_after: Option<Duration>,
        /// Requests that were made.
        attempts: u32,
        /// What the provider said.
        message: String,
    },
    /// The account is used up: waiting does not help.
    #[error("{model}: the quota is used up: {message}")]
    Quota {
        /// The model.
        model: String,
        /// What the provider said.
        message: String,
    },
    /// The provider failed: a status of 500 and above, or an error inside a stream.
    #[error("{model}: the provider failed, after {attempts} attempts{}: {message}", status.map(|s| format!(" (status {s})")).unwrap_or_default())]
    Server {
        /// The model.
        model: String,
        /// HTTP status, if it was one.
        status: Option<u16>,
        /// Requests that were made.
        attempts: u32,
        /// What the provider said.
        message: String,
    },
    /// The provider cannot be reached.
    #[error("{model}: no connection, after {attempts} attempts: {message}")]
    Connection {
        /// The model.
        model: String,
        /// Requests that were made.
        attempts: u32,
        /// Why.
        message: String,
    },
    /// It took too long.
    #[error("{model}: {kind} after {after:?}")]
    Timeout {
        /// The model.
        model: String,
        /// What took too long.
        kind: TimeoutKind,
        /// The limit.
        after: Duration,
    },
    /// The answer ended before its end.
    #[error(
        "{model}: the answer was cut off after {received} bytes of text, in {attempts} attempts: {message}"
    )]
    Truncated {
        /// The model.
        model: String,
        /// Bytes of text that had come.
        received: usize,
        /// Requests that were made.
        attempts: u32,
        /// How it was noticed.
        message: String,
    },
    /// The model wrote as much as it may, and was not done.
    #[error("{model}: the answer is longer than it may be: raise `max_tokens`, or ask for less")]
    OutputLimit {
        /// The model.
        model: String,
    },
    /// The conversation is longer than the model takes.
    #[error("{model}: the conversation is longer than the model takes: {message}")]
    ContextLength {
        /// The model.
        model: String,
        /// What the provider said.
        message: String,
    },
    /// The model declined.
    #[error("{model} declined: {text}")]
    Refused {
        /// The model.
        model: String,
        /// Its words. Untrusted.
        text: String,
    },
    /// A filter of the provider held the answer back.
    #[error("{model}: a filter of the provider held the answer back: {message}")]
    Filtered {
        /// The model.
        model: String,
        /// What the provider said.
        message: String,
    },
    /// The provider's answer is none.
    #[error("{model}: the provider's answer cannot be read: {message}")]
    Malformed {
        /// The model.
        model: String,
        /// What is wrong with it.
        message: String,
    },
    /// The model does not take something in the request.
    #[error("{model} does not take {what}")]
    Unsupported {
        /// The model.
        model: String,
        /// What.
        what: String,
    },
    /// The settings do not fit together.
    #[error("{0}")]
    Settings(String),
}

/// Which of the limits on time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimeoutKind {
    /// To connect.
    Connect,
    /// Between two pieces of an answer.
    Idle,
    /// For the whole answer.
    Total,
}

impl std::fmt::Display for TimeoutKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Connect => "no connection",
            Self::Idle => "no further word",
            Self::Total => "no whole answer",
        })
    }
}

fn wait(retry_after: Option<Duration>) -> String {
    retry_after.map_or_else(String::new, |wait| format!(" (it asks to wait {wait:?})"))
}

impl ModelError {
    /// The stable word.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoKey { .. } => "model_no_key",
            Self::Rejected { .. } => "model_rejected",
            Self::RateLimited { .. } => "model_rate_limited",
            Self::Quota { .. } => "model_quota",
            Self::Server { .. } => "model_server",
            Self::Connection { .. } => "model_connection",
            Self::Timeout { .. } => "model_timeout",
            Self::Truncated { .. } => "model_truncated",
            Self::OutputLimit { .. } => "model_output_limit",
            Self::ContextLength { .. } => "model_context_length",
            Self::Refused { .. } => "model_refused",
            Self::Filtered { .. } => "model_filtered",
            Self::Malformed { .. } => "model_malformed",
            Self::Unsupported { .. } => "model_unsupported",
            Self::Settings(_) => "model_settings",
        }
    }

    /// Whether the same request may succeed at another time. Adapters repeat these; steps do not
    /// repeat what an adapter has given up.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::RateLimited { .. }
                | Self::Server { .. }
                | Self::Connection { .. }
                | Self::Timeout { .. }
                | Self::Truncated { .. }
                | Self::Malformed { .. }
        )
    }
}

impl ModelError {
    /// As the error of a step, with [`code`](Self::code). A step's `retry` passes it by: the
    /// adapter has done what there is to do.
    pub fn into_error(self) -> Error {
        Error::wrap(self.code(), self).permanent()
    }
}
