//! What is stored of a run: its head, its input, and the entries of its journal.

use std::{borrow::Cow, fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{CacheMode, Event, Json, StateDelta, StoreError};

/// Names a run. Time-sortable when the runtime made it; a user may choose another.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct RunId(Arc<str>);

impl RunId {
    /// Longest accepted id, in bytes.
    pub const MAX_LEN: usize = 64;

    /// Takes an id chosen by a user: 1 to 64 of `a-z A-Z 0-9 . _ -`.
    ///
    /// # Errors
    ///
    /// [`StoreError::InvalidName`] for anything else.
    pub fn new(id: impl AsRef<str>) -> Result<Self, StoreError> {
        let id = id.as_ref();
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if id.is_empty() || id.len() > Self::MAX_LEN || !id.chars().all(legal) {
            return Err(StoreError::InvalidName {
                what: "run id",
                name: id.chars().take(80).collect(),
                expected: "1 to 64 characters of a-z, A-Z, 0-9, `.`, `_`, `-`",
            });
        }
        Ok(Self(Arc::from(id)))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for RunId {
    type Error = StoreError;

    fn try_from(id: String) -> Result<Self, StoreError> {
        Self::new(id)
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Names the state of a session: one per workflow and session.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SessionKey {
    /// Name of the workflow.
    pub workflow: Arc<str>,
    /// Name of the session.
    pub session: Arc<str>,
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum RunStatus {
    /// Was put down to be run; nobody has begun.
    Pending,
    /// Somebody works on it, or did when its process ended.
    Running,
    /// Waits for a person or for a repair.
    Paused,
    /// Ended with an output.
    Completed,
    /// Ended with an error; `resume` tries again from the failure.
    Failed,
    /// Was cancelled.
    Cancelled,
}

impl RunStatus {
    /// The status as it stands in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether the run is over: completed, failed or cancelled.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

impl fmt::Display for RunStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The head of a run: all that a list of runs shows. Small; bodies are beside it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunRecord {
    /// The run.
    pub id: RunId,
    /// Name of its workflow.
    pub workflow: Arc<str>,
    /// Version of the workflow that started it.
    pub version: u32,
    /// Its session.
    pub session: Arc<str>,
    /// The user it runs for, if one was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<Arc<str>>,
    /// Where it stands.
    pub status: RunStatus,
    /// Bumped by every claim; a commit with another fence is refused.
    pub fence: u64,
    /// How often it was claimed again after its start.
    pub resumes: u32,
    /// Start, in microseconds since 1970.
    pub created_at: u64,
    /// Last change of this head, in microseconds since 1970.
    pub updated_at: u64,
    /// Time spent running, over all resumes, in microseconds.
    #[serde(default)]
    pub active_micros: u64,
    /// Why it failed, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<RecordedError>,
    /// Of a paused run: when it is to be taken up again without an answer, because a timer ends or
    /// the time of a request is over. In microseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wake_at: Option<u64>,
    /// The run that it is part of, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Box<Parent>>,
    /// The run that goes on in its place with a fresh journal, if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continued_as: Option<RunId>,
    /// The run that it was forked from, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forked: Option<Box<Forked>>,
    /// How much it may use, if that is limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<Box<Limits>>,
    /// Which of its events are stored and told, if not all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Box<EventPolicy>>,
    /// How it uses the step cache, if it was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<CacheMode>,
    /// What the starter wants to remember with it: a JSON object.
    #[serde(
        default,
        deserialize_with = "crate::json::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub metadata: Option<Json>,
}

impl RunRecord {
    /// A run that somebody begins now: version 1, fence 1, everything else empty.
    pub fn new(id: RunId, workflow: Arc<str>, session: Arc<str>, created_at: u64) -> Self {
        Self {
            id,
            workflow,
            version: 1,
            session,
            user: None,
            status: RunStatus::Running,
            fence: 1,
            resumes: 0,
            created_at,
            updated_at: created_at,
            active_micros: 0,
            error: None,
            wake_at: None,
            parent: None,
            continued_as: None,
            forked: None,
            limits: None,
            events: None,
            cache: None,
            metadata: None,
        }
    }

    /// The outermost run: this one, unless it is part of another.
    pub fn root(&self) -> &RunId {
        self.parent.as_ref().map_or(&self.id, |parent| &parent.root)
    }
}

/// The run that a run is part of: one that has called its workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    /// The run that called.
    pub run: RunId,
    /// The outermost run.
    pub root: RunId,
    /// Path of the call in the run that called.
    pub path: Arc<str>,
    /// How many runs it is inside of, from 1.
    pub depth: u32,
}

/// The run that a run was forked from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forked {
    /// The run.
    pub run: RunId,
    /// The first operation that was not taken over, by path.
    pub at: Arc<str>,
    /// What the random numbers and ids of its flow are derived from, as 64 hexadecimal digits: the
    /// same as those of the run, so that what was taken over is asked for with the same input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<Arc<str>>,
}

/// How much a run may use, over all its resumes. What is `None` is not limited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// Steps whose body runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<u64>,
    /// Time spent running, in microseconds. Waiting for people is not running.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_micros: Option<u64>,
    /// Tokens that its models read and write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    /// What its models cost, in the currency of their prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
}

/// Which events of a run are stored and told. What is not said is as by default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EventPolicy {
    /// Whether events are stored. If not, they are told live only. Default: true.
    pub store_events: bool,
    /// Kinds that are not stored, by name. Default: none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub events_to_skip: Vec<Arc<str>>,
    /// Whether what agents and teams do is stored. Default: true.
    pub store_executor_outputs: bool,
    /// Whether what agents and teams do is told live. Default: true.
    pub stream_executor_events: bool,
    /// Whether every event is written to the log as well. Default: false.
    pub debug: bool,
}

impl Default for EventPolicy {
    fn default() -> Self {
        Self {
            store_events: true,
            events_to_skip: Vec::new(),
            store_executor_outputs: true,
            stream_executor_events: true,
            debug: false,
        }
    }
}

/// What a run was started with. Written once, beside the head.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunInput {
    /// The input of its flow.
    pub input: Json,
    /// The session's state when the run began, by field.
    #[serde(
        default,
        deserialize_with = "crate::json::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub state: Option<Json>,
}

/// What an entry of the journal records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EntryKind {
    /// A finished step.
    Step,
    /// A finished sub-flow whose result is kept whole (it is cached or timed).
    Subflow,
    /// A container (parallel, map, race): its kind and size, or how it was decided.
    Container,
    /// A durable timer: its deadline.
    Timer,
    /// A call of another workflow: its run, and its outcome when it has one.
    Workflow,
    /// A request to a person: what was asked.
    Request,
    /// The answer to a request.
    Answer,
    /// An input that takes the place of the one the flow gives a step (`fork --input`).
    Override,
    /// A value the flow asked for: time, random bytes, an id.
    Value,
    /// The start of a step that must not run twice.
    Started,
    /// A sub-result recorded inside a step.
    Memo,
    /// A point in the run's life: created, claimed again, ended; text said by the flow.
    Marker,
}

/// Where the result of a step came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Source {
    /// Its body ran.
    #[default]
    Ran,
    /// Found in the step cache.
    Cache,
    /// Its body failed, or a person rejected it, and the step's default took its place.
    Skipped,
    /// A person gave it: in place of a failure, with `resolve`, or with `fork --set`.
    Given,
}

/// One recorded operation of a run. The path is unique in the run; the sequence number is given
/// by the store.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// Order of commits in the run, from 1. Zero until it is committed.
    #[serde(default)]
    pub seq: u64,
    /// Scope path, name and ordinal: `map#1[3]/read#0`.
    pub path: Arc<str>,
    /// Position among the operations of its scope, from 0.
    pub position: u32,
    /// What is recorded.
    pub kind: EntryKind,
    /// Where in the source it was asked for. For messages and pictures, never for identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The input, by parameter name.
    #[serde(
        default,
        deserialize_with = "crate::json::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub input: Option<Json>,
    /// The output, if it succeeded.
    #[serde(
        default,
        deserialize_with = "crate::json::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub output: Option<Json>,
    /// The error, if it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<RecordedError>,
    /// Where the output came from.
    #[serde(default)]
    pub source: Source,
    /// Attempts that were made.
    #[serde(default)]
    pub attempts: u32,
    /// When its first attempt began, in microseconds since 1970.
    #[serde(default)]
    pub started_at: u64,
    /// When it was finished, in microseconds since 1970.
    #[serde(default)]
    pub finished_at: u64,
    /// What it changed in the session's state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delta: Option<StateDelta>,
    /// Set when the entry no longer counts: a failure that `resume` tried again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub superseded: bool,
    /// Number of this entry's first event in the run, from 0. Given by the store.
    #[serde(default)]
    pub first_event: u64,
    /// What happened since the commit before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Event>,
}

impl Entry {
    /// An entry of a kind at a path, everything else empty.
    pub fn new(kind: EntryKind, path: Arc<str>, position: u32) -> Self {
        Self {
            seq: 0,
            path,
            position,
            kind,
            place: None,
            input: None,
            output: None,
            error: None,
            source: Source::Ran,
            attempts: 0,
            started_at: 0,
            finished_at: 0,
            delta: None,
            superseded: false,
            first_event: 0,
            events: Vec::new(),
        }
    }
}

/// A place in a source file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The file, as the compiler named it.
    pub file: Cow<'static, str>,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// An error as it is recorded: it comes back equal after a crash.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordedError {
    /// A stable word to match on: `step_failed`, `timeout`, `panic`, or the user's own.
    pub code: Arc<str>,
    /// What happened.
    pub message: String,
    /// The messages of the errors behind it, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<String>,
    /// Whether trying again may help.
    pub retryable: bool,
    /// The step that failed, by path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<Arc<str>>,
    /// Anything more the step wanted to say.
    #[serde(
        default,
        deserialize_with = "crate::json::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub details: Option<Json>,
}
