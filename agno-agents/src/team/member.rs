//! A member of a team: an agent or a team, whatever it answers.

use std::{fmt, sync::Arc};

use agno_core::{Error, Value};

use super::Team;
use crate::agent::{Agent, Answered, Core, Fits, Given, Work};

/// A member of a team: an agent or a team. It is asked in words; an answer that has a type is
/// JSON to the leader.
#[derive(Clone)]
pub struct Member {
    id: Arc<str>,
    core: Arc<Core>,
    fits: Arc<dyn Fits>,
}

impl Member {
    fn new(core: Arc<Core>, fits: Arc<dyn Fits>) -> Self {
        Self {
            id: Arc::from(id(&core.name)),
            core,
            fits,
        }
    }

    /// What the leader calls it: its name in lower case, with `-` for what is no letter or digit.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.core.name
    }

    pub(super) fn core(&self) -> &Core {
        &self.core
    }

    /// What its answers depend on.
    pub(super) fn settings(&self) -> serde_json::Value {
        self.core.settings(&self.fits.settings())
    }

    /// A line for the leader.
    pub(super) fn briefing(&self) -> String {
        let about = [self.core.role.as_deref(), self.core.description.as_deref()];
        let about: Vec<&str> = about.into_iter().flatten().collect();
        let tools: Vec<&str> = self.core.tools.iter().map(crate::Tool::name).collect();
        let mut line = format!("- {} ({})", self.id, self.name());
        if !about.is_empty() {
            line.push_str(": ");
            line.push_str(&about.join(". "));
        }
        if !tools.is_empty() {
            line.push_str(". Tools: ");
            line.push_str(&tools.join(", "));
        }
        line
    }

    /// Does a task.
    pub(super) async fn work(
        &self,
        task: &str,
        work: Work<'_, '_>,
    ) -> (Answered, Result<(), Error>) {
        let record = work.record.part(&self.id);
        let listener = work.listener.member(self.core.name.clone(), record.clone());
        let given = Given {
            prompt: task.to_owned(),
            media: work.media.to_vec(),
            history: Vec::new(),
            session: work.session.cloned(),
            user: work.user.cloned(),
            dependencies: None,
            record,
            listener,
            state: work.state,
            fits: &*self.fits,
        };
        self.core.answer(given).await
    }
}

fn id(name: &str) -> String {
    let mut id = String::with_capacity(name.len());
    for c in name.chars().flat_map(char::to_lowercase) {
        match c.is_alphanumeric() {
            true => id.push(c),
            false if !id.is_empty() && !id.ends_with('-') => id.push('-'),
            false => {}
        }
    }
    id.trim_end_matches('-').to_owned()
}

impl<O: Value> From<Agent<O, String>> for Member {
    fn from(agent: Agent<O, String>) -> Self {
        Self::new(agent.core.clone(), agent.shape.clone())
    }
}

impl<O: Value> From<Team<O, String>> for Member {
    fn from(team: Team<O, String>) -> Self {
        team.leader.into()
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Member({})", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::id;

    #[test]
    fn an_id_is_a_name_that_a_model_can_repeat() {
        assert_eq!(id("Web  Researcher (EU)"), "web-researcher-eu");
        assert_eq!(id("Übersetzer"), "übersetzer");
        assert_eq!(id("!!"), "");
    }
}
