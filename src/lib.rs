//! Durable, typed, agentic workflows, written as an annotated struct.
//!
#![doc = include_str!("../README.md")]

#[cfg(feature = "agents")]
pub use agno_agents::{
    Agent, AgentBuilder, AgentSettings, Assistant, Capabilities, Member, Message, Model,
    ModelError, ModelReply, ModelRequest, Price, Prices, Reply, Team, TeamMode, Tool, ToolCall,
    ToolContext, Usage, WorkflowAgent, agent, media, message, model, settings, team, tool, tools,
};
#[cfg(feature = "cli")]
pub use agno_cli::{App, app};
#[cfg(feature = "testing")]
pub use agno_core::testing;
pub use agno_core::{
    AgentEvent, Answer, AnyState, Artifact, Audio, BoxError, Branches, Cache, CacheExplanation,
    CacheFinding, CacheMode, CacheQuestion, CacheUse, Call, Change, Codec, Contenders, Content,
    CrashAfter, Decision, Definition, Durable, DurableCall, Entry, EntryKind, Error, ErrorKind,
    Event, EventError, EventKind, EventPolicy, EventStream, Execute, Fallible, File, Fingerprint,
    Flow, FlowSpec, Fork, FromText, Gate, Handle, Image, Json, Limits, Link, Made, MapCall,
    NearestResult, Nested, Never, NumberedEvent, OnDrift, OnError, OnReject, OnTimeout,
    OperationDiff, Outcome, Param, Params, Part, PartDiff, PastRun, PersonCall, Piece, Prune,
    PrunedRun, RaceCall, Reason, RecordedError, Registry, Rejectable, Removed, Request,
    RequestKind, RequestQuery, Resolution, Result, Retry, Returns, Review, RunDetails, RunDiff,
    RunHandle, RunId, RunMetrics, RunQuery, RunRecord, RunSide, RunStatus, Runtime, RuntimeBuilder,
    Scope, Secret, SessionDetails, SessionMetrics, SessionSummary, Settings, Settled, Skippable,
    Source, Stage, Start, StartJson, State, StateType, Step, StepCall, StepContext,
    StepFingerprint, StepMetrics, StepQuestion, StepSummary, Steps, Storage, Value, ValueDiff,
    Verdict, Video, Winner, Worker, Workflow, WorkflowCall, WorkflowDefinition, WorkflowInfo,
    WorkflowSummary, WorkingGuard, WrongState, bail, bounds, codec, ensure, export, fallible,
    graph, open, param, plain, schema, storage,
};
#[cfg(feature = "agents")]
pub use agno_macros::tool;
pub use agno_macros::{State, allow_in_flow, data, flow, step, workflow};

/// What generated code names.
#[doc(hidden)]
pub mod __private {
    #[cfg(feature = "agents")]
    pub use agno_agents::__private::*;
    #[cfg(not(feature = "agents"))]
    pub use agno_core::__private::*;
    pub use agno_macros::DataParts;
}

/// Everything a program needs: `use agno::prelude::*;`.
pub mod prelude {
    pub use std::{process::ExitCode, time::Duration};

    #[cfg(feature = "agents")]
    pub use agno_agents::{Agent, Team, Tool, ToolContext};
    pub use agno_core::__private::{
        schemars::JsonSchema,
        serde::{Deserialize, Serialize},
    };
    pub use agno_core::{
        Error, ErrorKind, Flow, Result, Review, RunHandle, Runtime, Secret, State, StepContext,
        Winner, bail, ensure,
    };
    #[cfg(feature = "agents")]
    pub use agno_macros::tool;
    pub use agno_macros::{State, allow_in_flow, data, flow, step, workflow};
}

/// The examples in the documentation of the macros: they name this crate, which the macros cannot.
#[cfg(all(doctest, feature = "agents"))]
mod examples_of {
    #[doc = include_str!("../agno-macros/docs/workflow.md")]
    struct Workflow;
    #[doc = include_str!("../agno-macros/docs/step.md")]
    struct Step;
    #[doc = include_str!("../agno-macros/docs/flow.md")]
    struct Flow;
    #[doc = include_str!("../agno-macros/docs/allow_in_flow.md")]
    struct AllowInFlow;
    #[doc = include_str!("../agno-macros/docs/data.md")]
    struct Data;
    #[doc = include_str!("../agno-macros/docs/state.md")]
    struct State;
    #[doc = include_str!("../agno-macros/docs/tool.md")]
    struct Tool;
}
