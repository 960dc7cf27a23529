//! What a failed statement means: try again, or tell.

use std::error::Error as _;

use deadpool_postgres::PoolError;
use tokio_postgres::{Error, error::SqlState};

use crate::StoreError;

#[derive(Debug)]
pub(super) enum Failure {
    /// The server is away, is starting or is overloaded, or this transaction was in another's way.
    /// What was asked may have been done all the same.
    Passing(String),
    /// A row is there that was to be written.
    Taken(String),
    /// Trying again changes nothing.
    Final(StoreError),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Final(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let Some(state) = error.code() else {
            return Self::Passing(words(&error));
        };
        if *state == SqlState::DISK_FULL {
            return Self::Final(StoreError::Full {
                path: "the disk of the database".into(),
                message: words(&error),
            });
        }
        if *state == SqlState::UNIQUE_VIOLATION {
            return Self::Taken(words(&error));
        }
        if passes(state) {
            return Self::Passing(words(&error));
        }
        Self::Final(StoreError::Io {
            context: "PostgreSQL refused".to_owned(),
            message: format!("{} (SQLSTATE {})", words(&error), state.code()),
        })
    }
}

impl From<PoolError> for Failure {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) => Self::from(error),
            PoolError::Closed => Self::Final(StoreError::Closed),
            PoolError::Timeout(_) => Self::Passing("no connection became free in time".to_owned()),
            other => Self::Passing(other.to_string()),
        }
    }
}

/// Whether the server may answer otherwise in a moment.
fn passes(state: &SqlState) -> bool {
    // 08: connection; 53: too many connections, out of memory; 57P0x: shut down, starting.
    let class = state.code().get(..2).unwrap_or_default();
    matches!(class, "08" | "53")
        || [
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::LOCK_NOT_AVAILABLE,
            // A standby that is to become the primary, or was one.
            SqlState::READ_ONLY_SQL_TRANSACTION,
        ]
        .contains(state)
}

/// The error and what is behind it. The library puts no passwords into its errors.
pub(super) fn words(error: &Error) -> String {
    if let Some(told) = error.as_db_error() {
        return told.message().to_owned();
    }
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
