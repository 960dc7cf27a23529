//! Agents, teams, models and tools: steps that ask a language model.
//!
//! From outside to inside: an [`Agent`] talks to a [`Model`] in turns and calls its
//! [`Tool`]s; inside a step every turn and every tool's answer is recorded, so that a crash buys
//! nothing twice.

pub mod agent;
#[cfg(feature = "console")]
pub mod console;
#[doc(hidden)]
pub mod macro_support;
pub mod media;
pub mod message;
pub mod model;
pub mod schema;
pub mod settings;
pub mod team;
mod telemetry;
pub mod tool;
pub mod tools;
mod usage;
mod workflow_agent;

pub use agent::{Agent, AgentBuilder, Reply};
#[doc(hidden)]
pub use macro_support as __private;
pub use message::{Assistant, Message, ToolCall};
pub use model::{Capabilities, Model, ModelError, ModelReply, ModelRequest};
pub use settings::AgentSettings;
pub use team::{Member, Team, TeamMode};
pub use tool::{Tool, ToolContext};
pub use usage::{Price, Prices, Usage};
pub use workflow_agent::{FrontReply, WorkflowAgent, WorkflowAgentBuilder};
