//! The one write.

use std::sync::Arc;

use crate::{
    CacheEntry, CacheKey, Entry, Json, Limits, RecordedError, Request, RunId, RunInput, RunRecord,
    RunStatus, SessionKey, StateDelta,
};

/// One atomic, durable step forward of one run. Either all of it is on disk when it is
/// acknowledged, or none of it ever will be.
///
/// The store checks, in this order: the fence, that the run exists (or, with `create`, that it
/// does not), that no entry's path is recorded, that nothing of `unless` is recorded, and that `state`
/// merges. The first check that fails refuses the commit whole. An entry that decides something, with its path in
/// `unless` too, is refused as [`StoreError::Decided`](crate::StoreError::Decided) when that is recorded.
///
/// A run that is over asks nobody: when `update` ends it ([`RunStatus::is_over`]), all its open
/// requests are closed in the same commit, those of `requests` too.
#[derive(Clone, Debug)]
pub struct Commit {
    /// The run.
    pub run: RunId,
    /// The owner's fence: that of the created or claimed run.
    pub fence: u64,
    /// Creates the run with this head and input.
    pub create: Option<Box<(RunRecord, RunInput)>>,
    /// Takes the run over: the fence goes up by one (the new one is in the [`Ack`]), `resumes`
    /// too, and the status becomes running.
    pub claim: bool,
    /// Entries to append. Each path must be absent.
    pub entries: Vec<Entry>,
    /// Refuses the commit if one of these paths is recorded: a container around it has been
    /// decided without it.
    pub unless: Vec<Arc<str>>,
    /// Entries that no longer count. Each is kept under `PATH~SEQ`, marked, and its path is free
    /// again; a path that is not recorded is passed over.
    pub supersede: Vec<Arc<str>>,
    /// A change of the session's state, merged as the fields' rules say.
    pub state: Option<(SessionKey, StateDelta)>,
    /// A result for the step cache. Boxed, like the next: most commits have neither, and every
    /// commit is moved a few times on its way.
    pub cache: Option<Box<CacheFill>>,
    /// A change of the run's head.
    pub update: Option<Box<RunUpdate>>,
    /// What the run may use from here on. Apart from `update`, since it leaves the status as it is.
    pub limits: Option<Box<Limits>>,
    /// Requests to people that are open from here on, each of this run
    /// ([`StoreError::ForeignRequest`](crate::StoreError::ForeignRequest) else). One that is open
    /// already is replaced. A store that keeps no requests refuses a commit that opens one.
    pub requests: Vec<Request>,
    /// Requests of this run that are open no longer, by id; one that is not open is passed over.
    /// Closed before those of `requests` are opened.
    pub settled: Vec<Arc<str>>,
}

impl Commit {
    /// A commit that changes nothing yet.
    pub fn new(run: RunId, fence: u64) -> Self {
        Self {
            run,
            fence,
            create: None,
            claim: false,
            entries: Vec::new(),
            unless: Vec::new(),
            supersede: Vec::new(),
            state: None,
            cache: None,
            update: None,
            limits: None,
            requests: Vec::new(),
            settled: Vec::new(),
        }
    }
}

/// A result for the step cache.
#[derive(Clone, Debug)]
pub struct CacheFill {
    /// Its key.
    pub key: CacheKey,
    /// The result.
    pub entry: CacheEntry,
}

/// A change of a run's head.
#[derive(Clone, Debug)]
pub struct RunUpdate {
    /// The new status.
    pub status: RunStatus,
    /// The output, when it completed.
    pub output: Option<Json>,
    /// The error, when it failed; `None` clears one.
    pub error: Option<RecordedError>,
    /// When a paused run is to be taken up again by itself, in microseconds since 1970; `None`
    /// clears it.
    pub wake_at: Option<u64>,
    /// The run that goes on in its place, when it completed so.
    pub continued_as: Option<RunId>,
    /// Time to add to the time spent running, in microseconds.
    pub active_micros: u64,
    /// Now, in microseconds since 1970.
    pub at: u64,
}

impl RunUpdate {
    /// Sets a status, and clears the error and the time to wake.
    pub fn new(status: RunStatus, at: u64) -> Self {
        Self {
            status,
            output: None,
            error: None,
            wake_at: None,
            continued_as: None,
            active_micros: 0,
            at,
        }
    }
}

/// The answer to a commit: it is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ack {
    /// Sequence number of the first entry; the others follow.
    pub seq: u64,
    /// Number of the first event of the commit.
    pub first_event: u64,
    /// The run's fence from here on.
    pub fence: u64,
}
