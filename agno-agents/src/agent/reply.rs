//! A whole answer, with what it took.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    message::{Message, ToolCall},
    usage::Usage,
};

/// A whole answer of an agent, with what it took. From [`AgentRun::reply`](super::AgentRun::reply).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Reply<O = String> {
    /// The answer.
    pub output: O,
    /// The answer as the model wrote it. Untrusted text.
    pub text: String,
    /// The conversation, from the question on.
    pub messages: Vec<Message>,
    /// What the model used, members of a team included.
    pub usage: Usage,
    /// Turns of the model.
    pub turns: u32,
    /// The model that answered last, as its provider names it.
    pub model: String,
    /// The tools that were called, in order.
    pub tools: Vec<ToolRecord>,
    /// What the members of a team answered, in order; those of nested teams after their team.
    pub members: Vec<MemberReply>,
    /// From the question to the answer.
    pub duration: Duration,
    /// From the question to the first piece of an answer, where the model answered in pieces.
    pub first: Option<Duration>,
}

/// What a member of a team answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MemberReply {
    /// Its name.
    pub member: String,
    /// What it was asked.
    pub task: String,
    /// What it answered. Untrusted text.
    pub answer: String,
    /// What it used.
    pub usage: Usage,
}

/// One call of a tool.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ToolRecord {
    /// What the model wanted.
    pub call: ToolCall,
    /// What it was told. Untrusted text.
    pub answer: String,
    /// The tool failed.
    pub is_error: bool,
    /// How long it took, in microseconds.
    pub micros: u64,
}
