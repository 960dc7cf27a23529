//! Agents, teams, models and tools: steps that ask a language model.
//!
//! From outside to inside: an [`Agent`](agent::Agent) talks to a [`Model`] in turns and calls its
//! [`Tool`]s; inside a step every turn and every tool's answer is recorded, so that a crash buys
//! nothing twice.

pub mod media;
pub mod message;
pub mod model;
pub mod tool;
mod usage;

pub use message::{Assistant, Message, ToolCall};
pub use model::{Capabilities, Model, ModelError, ModelReply, ModelRequest};
pub use tool::{Tool, ToolContext};
pub use usage::{Price, Prices, Usage};
