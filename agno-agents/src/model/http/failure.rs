//! Why an attempt failed.

use std::time::Duration;

use super::{ProviderError, Secret, text::cleaned};
use crate::model::{ModelError, TimeoutKind};

/// Why one attempt failed. [`Transport::exchange`](super::Transport::exchange) repeats it where
/// that may help.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The provider says so: by a status, or by an error inside a stream.
    Provider(ProviderError),
    /// There is no connection, or it ended before the answer began.
    Connection(String),
    /// One of the limits on time.
    Timeout(TimeoutKind, Duration),
    /// The answer ended before its end.
    Truncated {
        /// Bytes of text that had come.
        received: usize,
        /// How it was noticed.
        message: String,
    },
    /// The answer is none.
    Malformed(String),
    /// An error that no repetition mends: a refusal, a filter, a limit, something unsupported.
    Final(ModelError),
}

impl From<ModelError> for Failure {
    fn from(error: ModelError) -> Self {
        Self::Final(error)
    }
}

impl From<ProviderError> for Failure {
    fn from(error: ProviderError) -> Self {
        Self::Provider(error)
    }
}

impl Failure {
    /// An answer that ended before its end.
    pub(crate) fn truncated(received: usize, message: impl Into<String>) -> Self {
        Self::Truncated {
            received,
            message: message.into(),
        }
    }

    /// An answer that is none.
    pub(crate) fn malformed(message: impl Into<String>) -> Self {
        Self::Malformed(message.into())
    }

    /// Says how much of the text had come, for a failure that only the reader of bytes noticed.
    pub(crate) fn after(mut self, text: usize) -> Self {
        if let Self::Truncated { received, .. } = &mut self {
            *received = text;
        }
        self
    }

    /// How long the provider asks to wait.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Provider(error) => error.retry_after,
            _ => None,
        }
    }

    /// As the error of a model, after some attempts.
    pub(super) fn into_error(self, model: &str, attempts: u32, secrets: &[Secret]) -> ModelError {
        const LONGEST: usize = 2_000;
        let model = model.to_owned();
        let clean = |mut message: String| {
            for secret in secrets {
                secret.remove_from(&mut message);
            }
            cleaned(&message, LONGEST)
        };
        match self {
            Self::Provider(mut error) => {
                error.message = clean(error.message);
                error.code = error.code.map(&clean);
                error.into_error(model, attempts)
            }
            Self::Connection(message) => ModelError::Connection {
                model,
                attempts,
                message: clean(message),
            },
            Self::Timeout(kind, after) => ModelError::Timeout { model, kind, after },
            Self::Truncated { received, message } => ModelError::Truncated {
                model,
                received,
                attempts,
                message: clean(message),
            },
            Self::Malformed(message) => ModelError::Malformed {
                model,
                message: clean(message),
            },
            Self::Final(error) => error,
        }
    }
}

/// What [`reqwest`] says of a request, without the address: it may hold credentials.
pub(super) fn of_request(error: reqwest::Error, connect_timeout: Duration) -> Failure {
    if error.is_connect() && error.is_timeout() {
        return Failure::Timeout(TimeoutKind::Connect, connect_timeout);
    }
    if error.is_builder() {
        return Failure::Final(ModelError::Settings(format!(
            "no request can be made of the settings: {}",
            chain(&error.without_url())
        )));
    }
    Failure::Connection(chain(&error.without_url()))
}

/// An error with its causes.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let word = error.to_string();
        if !text.contains(&word) {
            text.push_str(": ");
            text.push_str(&word);
        }
        cause = error.source();
    }
    text
}
