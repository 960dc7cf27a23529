//! Errors, as they cross.

use std::sync::Arc;

use agno_core::{Error, RecordedError, RunId, RunStatus, storage::StoreError};
use serde::{Deserialize, Serialize};

/// Why the owner did not do what it was asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fault {
    /// It is on its way out: what was asked is for whoever has the store next.
    Leaving,
    RunNotFound {
        run: RunId,
    },
    RunExists {
        run: RunId,
    },
    RunNotOver {
        run: RunId,
        status: RunStatus,
    },
    Fenced {
        run: RunId,
        held: u64,
        current: u64,
    },
    Unsupported {
        what: String,
        store: String,
    },
    TooLarge {
        what: String,
        size: usize,
        limit: usize,
    },
    Corrupt {
        key: String,
        reason: String,
    },
    Poisoned {
        cause: String,
    },
    NewerFormat {
        found: u32,
        supported: u32,
    },
    Io {
        context: String,
        message: String,
    },
    /// Anything else that a store says, in words.
    Store(String),
    /// What the runtime says.
    Run(RecordedError),
}

/// What a store may not keep, in the words of `Storage`'s own defaults.
const UNSUPPORTED: &[&str] = &[
    "requests",
    "deletions",
    "lists of sessions",
    "artifacts",
    "definitions",
];

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Closed => Self::Leaving,
            StoreError::RunNotFound { run } => Self::RunNotFound { run },
            StoreError::RunExists { run } => Self::RunExists { run },
            StoreError::RunNotOver { run, status } => Self::RunNotOver { run, status },
            StoreError::Fenced { run, held, current } => Self::Fenced { run, held, current },
            StoreError::Unsupported { what, store } => Self::Unsupported {
                what: what.to_owned(),
                store,
            },
            StoreError::TooLarge { what, size, limit } => Self::TooLarge { what, size, limit },
            StoreError::Corrupt { key, reason } => Self::Corrupt { key, reason },
            StoreError::Poisoned { cause } => Self::Poisoned { cause },
            StoreError::NewerFormat { found, supported } => Self::NewerFormat { found, supported },
            StoreError::Io { context, message } => Self::Io { context, message },
            other => Self::Store(other.to_string()),
        }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        match error.store_error() {
            Some(error) => error.clone().into(),
            None => Self::Run(error.to_recorded()),
        }
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        let told = |message: String| Self::Io {
            context: "the process that has the store".to_owned(),
            message,
        };
        match fault {
            Fault::Leaving => Self::Closed,
            Fault::RunNotFound { run } => Self::RunNotFound { run },
            Fault::RunExists { run } => Self::RunExists { run },
            Fault::RunNotOver { run, status } => Self::RunNotOver { run, status },
            Fault::Fenced { run, held, current } => Self::Fenced { run, held, current },
            Fault::Unsupported { what, store } => {
                match UNSUPPORTED.iter().find(|known| **known == what) {
                    Some(what) => Self::Unsupported { what, store },
                    None => told(format!("the store {store} keeps no {what}")),
                }
            }
            Fault::TooLarge { what, size, limit } => Self::TooLarge { what, size, limit },
            Fault::Corrupt { key, reason } => Self::Corrupt { key, reason },
            Fault::Poisoned { cause } => Self::Poisoned { cause },
            Fault::NewerFormat { found, supported } => Self::NewerFormat { found, supported },
            Fault::Io { context, message } => Self::Io { context, message },
            Fault::Store(message) => told(message),
            Fault::Run(error) => told(error.message),
        }
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        let Fault::Run(recorded) = fault else {
            return StoreError::from(fault).into();
        };
        let mut error = Self::new(Arc::clone(&recorded.code), recorded.message);
        if let Some(details) = &recorded.details {
            error = error.with_details(details);
        }
        match recorded.retryable {
            true => error,
            false => error.permanent(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// There and back.
    fn crossed(fault: impl Into<Fault>) -> Fault {
        let text = serde_json::to_string(&fault.into()).expect("is JSON");
        serde_json::from_str(&text).expect("reads")
    }

    #[test]
    fn errors_of_a_store_come_back_with_their_type() {
        let run = RunId::new("a").expect("legal");
        let errors = [
            StoreError::Closed,
            StoreError::RunNotFound { run: run.clone() },
            StoreError::RunExists { run: run.clone() },
            StoreError::RunNotOver {
                run: run.clone(),
                status: RunStatus::Paused,
            },
            StoreError::Fenced {
                run,
                held: 1,
                current: 2,
            },
            StoreError::Unsupported {
                what: "artifacts",
                store: "memory".to_owned(),
            },
            StoreError::TooLarge {
                what: "it".to_owned(),
                size: 2,
                limit: 1,
            },
            StoreError::Corrupt {
                key: "k".to_owned(),
                reason: "r".to_owned(),
            },
            StoreError::Poisoned {
                cause: "c".to_owned(),
            },
            StoreError::NewerFormat {
                found: 2,
                supported: 1,
            },
            StoreError::Io {
                context: "c".to_owned(),
                message: "m".to_owned(),
            },
        ];
        for error in errors {
            let back = StoreError::from(crossed(error.clone()));
            assert_eq!(format!("{back:?}"), format!("{error:?}"));
        }
    }

    #[test]
    fn what_has_no_type_here_keeps_its_words() {
        let error = StoreError::InvalidName {
            what: "hash",
            name: "x".to_owned(),
            expected: "digits",
        };
        let words = error.to_string();
        let back = StoreError::from(crossed(error));
        assert!(back.to_string().ends_with(&words), "{back}");
    }

    #[test]
    fn errors_of_the_runtime_keep_code_words_and_kind() {
        let error = Error::new("cancelled", "it is over").permanent();
        let back = Error::from(crossed(error));
        assert_eq!(back.kind(), agno_core::ErrorKind::Cancelled);
        assert_eq!(back.message(), "it is over");
        assert!(!back.is_retryable());
        let id = RunId::new("a").expect("legal");
        let missing = Error::from(StoreError::RunNotFound { run: id });
        let back = Error::from(crossed(missing));
        assert!(matches!(
            back.store_error(),
            Some(StoreError::RunNotFound { .. })
        ));
    }
}
