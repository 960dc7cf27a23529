//! How a team is put together.

use std::{fmt, sync::Arc};

use agno_core::{Error, Result};

use super::{Member, Team, TeamMode, delegation::Delegation};
use crate::{
    agent::{AgentBuilder, Instructions},
    model::Model,
};

/// Puts a [`Team`] together. From [`Team::builder`].
#[must_use = "a team is made by `build`"]
pub struct TeamBuilder<O = String, I = String> {
    name: Arc<str>,
    mode: TeamMode,
    members: Vec<Member>,
    leader: AgentBuilder<O, I>,
}

impl TeamBuilder {
    pub(super) fn new(name: Arc<str>) -> Self {
        Self {
            leader: AgentBuilder::new(name.clone()),
            name,
            mode: TeamMode::Coordinate,
            members: Vec::new(),
        }
    }
}

impl<O, I> TeamBuilder<O, I> {
    /// How it works. Default: the leader coordinates.
    pub fn mode(mut self, mode: TeamMode) -> Self {
        self.mode = mode;
        self
    }

    /// Adds an agent or a team that is asked in words.
    pub fn member(mut self, member: impl Into<Member>) -> Self {
        self.members.push(member.into());
        self
    }

    /// The leader's model. Default: what the environment names.
    pub fn model(self, model: impl Model) -> Self {
        self.leader(|leader| leader.model(model))
    }

    /// What the leader is to do, beside leading.
    pub fn instructions(self, instructions: impl Into<Instructions>) -> Self {
        self.leader(|leader| leader.instructions(instructions))
    }

    /// Everything else of the leader: tools, the type of the answer, Markdown.
    ///
    /// ```ignore
    /// Team::builder("Desk").leader(|leader| leader.markdown(true).output::<Report>())
    /// ```
    pub fn leader<P, J>(
        self,
        set: impl FnOnce(AgentBuilder<O, I>) -> AgentBuilder<P, J>,
    ) -> TeamBuilder<P, J> {
        TeamBuilder {
            name: self.name,
            mode: self.mode,
            members: self.members,
            leader: set(self.leader),
        }
    }
}

impl<O, I> TeamBuilder<O, I> {
    /// Makes the team.
    ///
    /// # Errors
    ///
    /// `team_invalid` without members, or with two of one id; what
    /// [`AgentBuilder::build`] says of the leader.
    pub fn build(self) -> Result<Team<O, I>> {
        let name = self.name;
        let invalid = |problem: String| {
            Err(Error::new("team_invalid", format!("the team `{name}`: {problem}")).permanent())
        };
        if self.members.is_empty() {
            return invalid("it has no members: add some with `.member(..)`".to_owned());
        }
        let mut ids: Vec<&str> = self.members.iter().map(Member::id).collect();
        ids.sort_unstable();
        if ids.first().is_some_and(|id| id.is_empty()) {
            return invalid("a member's name has no letter or digit".to_owned());
        }
        if let Some(twice) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
            return invalid(format!("two members are called `{}`", twice[0]));
        }
        let delegation = Delegation::new(self.mode, self.members.clone());
        Ok(Team {
            leader: self.leader.delegate(delegation).build()?,
            members: self.members,
        })
    }
}

impl<O, I> fmt::Debug for TeamBuilder<O, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TeamBuilder")
            .field("name", &self.name)
            .field("mode", &self.mode)
            .field("members", &self.members)
            .finish_non_exhaustive()
    }
}
