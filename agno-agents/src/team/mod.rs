//! Teams: a leader who gives work to members and answers for them.

mod builder;
mod delegation;
mod member;

use std::fmt;

use agno_core::{AnyState, Error, Execute, Settings, StateType, StepContext, Value};
use serde::{Deserialize, Serialize};

pub use self::{builder::TeamBuilder, member::Member};
use crate::agent::{Agent, AgentRun, Chat};

/// A leader who gives work to members, agents or teams, and answers for them.
///
/// ```
/// use agno_agents::{Agent, Team, model::{Reply, Scripted}, team::TeamMode};
/// use serde_json::json;
///
/// # async fn example() -> agno_core::Result<()> {
/// let german = Agent::builder("German desk").model(Scripted::new(["Guten Tag"])).build()?;
/// let french = Agent::builder("French desk").model(Scripted::new(["Bonjour"])).build()?;
/// let ask = json!({ "member_id": "french-desk", "task": "Say hello." });
/// let team = Team::builder("Languages")
///     .mode(TeamMode::Route)
///     .member(german)
///     .member(french)
///     .model(Scripted::new([Reply::tool("delegate_task_to_member", ask)]))
///     .build()?;
/// assert_eq!(team.run("Say hello in French.").await?, "Bonjour");
/// # Ok(())
/// # }
/// ```
///
/// It works where an [`Agent`] does: alone, in a step, and as a step. Its members' turns and tools
/// are recorded like its own, their events name the team, and what they use is part of what it
/// uses.
pub struct Team<O = String, I = String> {
    leader: Agent<O, I>,
    members: Vec<Member>,
}

/// How a team works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TeamMode {
    /// The leader gives tasks to members as it sees fit, and answers with what they found.
    #[default]
    Coordinate,
    /// The leader gives the question to one member, whose answer is the team's, as it is.
    Route,
    /// Every member works on the task at the same time, and the leader answers with what they
    /// found. Agno's older word is *collaborate*.
    Broadcast,
}

impl Team {
    /// Puts a team together. The name is what events and teams above it call it.
    pub fn builder(name: impl Into<std::sync::Arc<str>>) -> TeamBuilder {
        TeamBuilder::new(name.into())
    }
}

impl<O, I> Team<O, I> {
    /// Its name.
    pub fn name(&self) -> &str {
        self.leader.name()
    }

    /// Its members, in the order in which they were added.
    pub fn members(&self) -> &[Member] {
        &self.members
    }
}

impl<O, I: Value> Team<O, I> {
    /// Asks it, as [`Agent::run`] does.
    pub fn run(&self, input: impl Into<I>) -> AgentRun<'_, O> {
        self.leader.run(input)
    }
}

impl<O: Value, I: Value> Team<O, I> {
    /// A conversation that remembers what was said.
    pub fn chat(&self) -> Chat<O, I> {
        self.leader.chat()
    }
}

#[diagnostic::do_not_recommend]
impl<O: Value, I: Value> Execute for Team<O, I> {
    type Input = I;
    type Output = O;

    async fn execute(
        &self,
        input: I,
        context: &StepContext,
        state: Option<&mut dyn AnyState>,
    ) -> Result<O, Error> {
        self.leader.execute(input, context, state).await
    }
}

#[diagnostic::do_not_recommend]
impl<O: Value, I: Value> Settings for Team<O, I> {
    fn settings(&self) -> serde_json::Value {
        self.leader.settings()
    }

    fn state(&self) -> Option<StateType> {
        self.leader.state()
    }
}

impl<O, I> Clone for Team<O, I> {
    fn clone(&self) -> Self {
        Self {
            leader: self.leader.clone(),
            members: self.members.clone(),
        }
    }
}

impl<O, I> fmt::Debug for Team<O, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Team")
            .field("name", &self.name())
            .field("members", &self.members)
            .finish_non_exhaustive()
    }
}
