//! The runtime of agno: a workflow is a struct with steps, and each step's result is recorded
//! before the flow sees it. Kill the process anywhere; a resume goes on after the last recorded
//! step.
//!
//! Users write against the facade `agno` and its macros; everything the macros do is sugar over
//! what is public here.
//!
//! From outside to inside: [`Runtime`] starts runs, a [`Flow`] asks for steps, `op` is the narrow
//! waist of what can be asked, `engine` executes it over a store, `registry` knows the steps.

mod artifact;
mod asking;
pub mod bounds;
mod clock;
mod context;
mod current;
mod data;
mod engine;
mod error;
mod execute;
pub mod export;
mod flow;
pub mod graph;
mod history;
#[doc(hidden)]
pub mod macro_support;
mod nearest;
mod nested;
mod op;
mod part;
mod registry;
mod runtime;
pub mod schema;
mod secret;
mod state;
mod sync;
#[cfg(feature = "testing")]
pub mod testing;
mod unmarked;
mod value;

pub use agno_storage as storage;
pub use agno_storage::{
    AgentEvent, Answer, BoxFuture, CacheMode, Decision, Entry, EntryKind, Event, EventError,
    EventKind, EventPolicy, Json, Limits, NumberedEvent, RecordedError, Request, RequestKind,
    RequestQuery, RunId, RunQuery, RunRecord, RunStatus, Source, Storage,
};
pub use artifact::{Artifact, Audio, Content, File, Image, Video};
pub use asking::{StepQuestion, WorkingGuard};
pub use context::{Call, StepContext};
pub use error::{BoxError, Error, ErrorKind, Result};
pub use execute::{AnyState, Execute, Settings, StateType, WrongState};
pub use flow::{
    Branches, Contenders, Durable, DurableCall, Flow, Handle, MapCall, Never, PastRun, PersonCall,
    RaceCall, Review, Settled, StepCall, Winner, WorkflowCall,
};
pub use history::Exchange;
#[doc(hidden)]
pub use macro_support as __private;
pub use nested::Nested;
pub use part::Part;
pub use registry::{
    Cache, Definition, FlowSpec, FromText, Gate, Link, OnDrift, OnError, OnReject, OnTimeout,
    Piece, Retry, Scope, Step, StepSummary, Steps, Workflow, WorkflowInfo, WorkflowSummary,
};
pub use runtime::{
    CacheExplanation, CacheFinding, CacheQuestion, CacheUse, Change, CrashAfter, EventStream,
    Fingerprint, Fork, Made, NearestResult, OperationDiff, Outcome, PartDiff, Prune, PrunedRun,
    Reason, Registry, Removed, Resolution, RunDetails, RunDiff, RunHandle, RunMetrics, RunSide,
    Runtime, RuntimeBuilder, SessionDetails, SessionMetrics, SessionSummary, Stage, Start,
    StartJson, StepFingerprint, StepMetrics, ValueDiff, Verdict, Worker, WorkflowDefinition, open,
};
pub use secret::Secret;
pub use state::{Field, Merge, State};
pub use value::{
    Codec, Fallible, Param, Params, Rejectable, Returns, Skippable, Value, codec, fallible, param,
    plain,
};
