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
    AgentEvent, AnyState, BoxError, Branches, Cache, Call, Codec, CrashAfter, Definition, Durable,
    DurableCall, Entry, EntryKind, Error, ErrorKind, Event, EventError, EventKind, EventStream,
    Execute, Fallible, Flow, FlowSpec, FromText, Handle, Json, Link, MapCall, NumberedEvent,
    OnDrift, OnError, Outcome, Param, Params, Part, Piece, RecordedError, Result, Retry, Returns,
    RunDetails, RunHandle, RunId, RunQuery, RunRecord, RunStatus, Runtime, RuntimeBuilder, Scope,
    Settings, Skippable, Source, Start, StartJson, State, StateType, Step, StepCall, StepContext,
    StepSummary, Steps, Storage, Value, Workflow, WorkflowInfo, WorkflowSummary, WrongState, bail,
    codec, ensure, fallible, graph, open, param, plain, schema, storage,
};
#[cfg(feature = "agents")]
pub use agno_macros::tool;
pub use agno_macros::{State, data, flow, step, workflow};

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
        Error, ErrorKind, Flow, Result, RunHandle, Runtime, State, StepContext, bail, ensure,
    };
    #[cfg(feature = "agents")]
    pub use agno_macros::tool;
    pub use agno_macros::{State, data, flow, step, workflow};
}
