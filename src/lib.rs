//! Durable, typed, agentic workflows, written as an annotated struct.
//!
#![doc = include_str!("../README.md")]

#[cfg(feature = "agents")]
#[doc(hidden)]
pub use agno_agents::__private;
#[cfg(feature = "agents")]
pub use agno_agents::{
    Agent, AgentBuilder, AgentSettings, Assistant, Capabilities, Member, Message, Model,
    ModelError, ModelReply, ModelRequest, Price, Prices, Reply, Team, TeamMode, Tool, ToolCall,
    ToolContext, Usage, WorkflowAgent, agent, media, message, model, settings, team, tool, tools,
};
#[cfg(feature = "cli")]
pub use agno_cli::{App, app};
#[cfg(not(feature = "agents"))]
#[doc(hidden)]
pub use agno_core::__private;
#[cfg(feature = "testing")]
pub use agno_core::testing;
pub use agno_core::{
    AgentEvent, Answer, AnyState, Artifact, Audio, BoxError, Branches, Cache, Call, Change, Codec,
    Contenders, Content, CrashAfter, Decision, Definition, Durable, DurableCall, Entry, EntryKind,
    Error, ErrorKind, Event, EventError, EventKind, EventPolicy, EventStream, Execute, Fallible,
    File, Fingerprint, Flow, FlowSpec, Fork, FromText, Gate, Handle, Image, Json, Limits, Link,
    Made, MapCall, Nested, Never, NumberedEvent, OnDrift, OnError, OnReject, OnTimeout,
    OperationDiff, Outcome, Param, Params, Part, PastRun, PersonCall, Piece, Prune, PrunedRun,
    RaceCall, Reason, RecordedError, Registry, Rejectable, Request, RequestKind, RequestQuery,
    Resolution, Result, Retry, Returns, Review, RunDetails, RunDiff, RunHandle, RunId, RunMetrics,
    RunQuery, RunRecord, RunSide, RunStatus, Runtime, RuntimeBuilder, Scope, SessionDetails,
    SessionMetrics, SessionSummary, Settings, Settled, Skippable, Source, Stage, Start, StartJson,
    State, StateType, Step, StepCall, StepContext, StepFingerprint, StepMetrics, StepQuestion,
    StepSummary, Steps, Storage, Value, ValueDiff, Verdict, Video, Winner, Worker, Workflow,
    WorkflowCall, WorkflowDefinition, WorkflowInfo, WorkflowSummary, WorkingGuard, WrongState,
    bail, codec, ensure, export, fallible, graph, open, param, plain, schema, storage,
};
#[cfg(feature = "agents")]
pub use agno_macros::tool;
pub use agno_macros::{State, allow_in_flow, data, flow, step, workflow};

/// Everything a program needs: `use agno::prelude::*;`.
pub mod prelude {
    pub use std::process::ExitCode;

    #[cfg(feature = "agents")]
    pub use agno_agents::{Agent, Team, Tool, ToolContext};
    pub use agno_core::__private::{
        schemars::JsonSchema,
        serde::{Deserialize, Serialize},
    };
    pub use agno_core::{
        Error, ErrorKind, Flow, Result, Review, RunHandle, Runtime, State, StepContext, Winner,
        bail, ensure,
    };
    #[cfg(feature = "agents")]
    pub use agno_macros::tool;
    pub use agno_macros::{State, allow_in_flow, data, flow, step, workflow};
}
