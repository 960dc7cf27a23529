//! What can go wrong in a store.

use std::{path::PathBuf, sync::Arc};

use crate::{ConfigError, MergeConflict, RunId, RunStatus};

/// The result of a call into a store.
pub type StoreResult<T> = Result<T, StoreError>;

/// What can go wrong in a store.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The run is not in the store.
    #[error("no run `{run}` in this store")]
    RunNotFound {
        /// The run.
        run: RunId,
    },
    /// A run of this id is there already.
    #[error("run `{run}` exists already")]
    RunExists {
        /// The run.
        run: RunId,
    },
    /// Somebody else has taken the run over; this owner may write nothing more.
    #[error("run `{run}` was taken over: this owner has fence {held}, the run {current}")]
    Fenced {
        /// The run.
        run: RunId,
        /// The fence of the commit.
        held: u64,
        /// The fence of the run.
        current: u64,
    },
    /// Somebody else works on the run, and was heard of so lately that nobody may take it over yet.
    #[error("run `{run}` is being run by {holder}; it is free in {} ms unless renewed", left.as_millis())]
    Leased {
        /// The run.
        run: RunId,
        /// Who has it, in words: program, pid, host.
        holder: String,
        /// When its lease ends unless it is renewed, from now.
        left: std::time::Duration,
    },
    /// Something else is there in the place of what is imported.
    #[error("{what} is in this store already, and differs from the one to import")]
    Occupied {
        /// What, in words.
        what: String,
    },
    /// The disk is full, or a quota is used up. Nothing of the write is acknowledged; free some room and
    /// open the store again.
    #[error("no room left for {}: {message}; free some, then open the store again", path.display())]
    Full {
        /// The store.
        path: PathBuf,
        /// The system's answer.
        message: String,
    },
    /// The run is under way, so it cannot be removed. Cancel it first.
    #[error(
        "run `{run}` is {status}; only a run that is over, or that nobody has begun, can be removed"
    )]
    RunNotOver {
        /// The run.
        run: RunId,
        /// Where it stands.
        status: RunStatus,
    },
    /// A commit opens requests of its own run only.
    #[error("request `{request}` is of run `{owner}`; a commit of run `{run}` cannot open it")]
    ForeignRequest {
        /// The request.
        request: String,
        /// The run that it names.
        owner: RunId,
        /// The run of the commit.
        run: RunId,
    },
    /// The path is recorded already.
    #[error("run `{run}` has recorded `{path}` already")]
    AlreadyRecorded {
        /// The run.
        run: RunId,
        /// The path.
        path: Arc<str>,
    },
    /// The container has been decided without this entry.
    #[error("`{path}` of run `{run}` was decided without this result")]
    Decided {
        /// The run.
        run: RunId,
        /// The deciding path.
        path: Arc<str>,
    },
    /// Two writers changed one field of the session's state and it has no merge rule.
    #[error(transparent)]
    Conflict(#[from] Box<MergeConflict>),
    /// Somebody else has saved this definition meanwhile. Read it again, and decide anew.
    #[error(
        "the {kind} definition `{name}` is not what it was: version {expected} was expected to be \
         the newest, it is {newest}"
    )]
    DefinitionConflict {
        /// What it defines.
        kind: Arc<str>,
        /// Its name.
        name: Arc<str>,
        /// The version that was expected; 0: none.
        expected: u32,
        /// The version that is the newest; 0: there is none.
        newest: u32,
    },
    /// This back end does not keep such things.
    #[error("the store {store} keeps no {what}")]
    Unsupported {
        /// What.
        what: &'static str,
        /// The store, as [`Storage::location`](crate::Storage::location) tells it.
        store: String,
    },
    /// Another process has the store open.
    #[error("store {} is in use by {holder}", path.display())]
    Locked {
        /// The store.
        path: PathBuf,
        /// Who holds it, in words: pid, program, since when.
        holder: String,
    },
    /// More than the store takes.
    #[error("{what} is {size} bytes, the limit is {limit}")]
    TooLarge {
        /// What is too large.
        what: String,
        /// Its size.
        size: usize,
        /// The limit.
        limit: usize,
    },
    /// A name that the store does not take.
    #[error("`{name}` is not a {what}; expected {expected}")]
    InvalidName {
        /// What it should name.
        what: &'static str,
        /// The name, cut to a readable length.
        name: String,
        /// What is accepted.
        expected: &'static str,
    },
    /// A record does not read as it was written.
    #[error("record `{key}` is corrupt: {reason}")]
    Corrupt {
        /// The record, readable.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An earlier write failed; nothing more is acknowledged until the store is opened again.
    #[error("the store stopped taking writes after a failure: {cause}")]
    Poisoned {
        /// The failure.
        cause: String,
    },
    /// Written by a newer version of agno.
    #[error("the store has format {found}; this version reads up to {supported}")]
    NewerFormat {
        /// The store's format.
        found: u32,
        /// The newest this version reads.
        supported: u32,
    },
    /// The operating system refused.
    #[error("{context}: {message}")]
    Io {
        /// What was tried, with the path.
        context: String,
        /// The system's answer.
        message: String,
    },
    /// The server of the store cannot be reached, or does not let this program in. Whether the last
    /// write was carried out is not known: read, and decide anew.
    #[error("the store {store} cannot be reached: {message}")]
    Unavailable {
        /// The store, as [`Storage::location`](crate::Storage::location) tells it.
        store: String,
        /// What was found, and what to do.
        message: String,
    },
    /// The store is not named as it should be.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// A write that failed: [`Full`](Self::Full) if `path` has no room left, otherwise an I/O
    /// error with what was tried.
    #[cfg(any(feature = "sled", feature = "redb", feature = "sqlite"))]
    pub(crate) fn written(
        path: &std::path::Path,
        context: impl Into<String>,
        error: &std::io::Error,
    ) -> Self {
        use std::io::ErrorKind;

        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::Full {
                path: path.to_owned(),
                message: error.to_string(),
            },
            _ => Self::io(context, error),
        }
    }

    /// An I/O error with what was tried.
    pub fn io(context: impl Into<String>, error: &std::io::Error) -> Self {
        Self::Io {
            context: context.into(),
            message: error.to_string(),
        }
    }
}
