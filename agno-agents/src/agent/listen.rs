//! Who is told what an agent does: the step's events, and whoever listens to the run.

use std::sync::Arc;

use agno_core::AgentEvent;

use super::Record;
use crate::model::{Delta, Deltas};

/// Whoever listens to a run: told the agent's name and what happened to it.
pub(super) type Listening = Arc<dyn Fn(&str, &AgentEvent) + Send + Sync>;

/// Who is told what an agent does.
#[derive(Clone)]
pub(crate) struct Listener {
    agent: Arc<str>,
    team: Option<Arc<str>>,
    record: Record,
    also: Option<Listening>,
}

impl Listener {
    pub(crate) fn new(agent: Arc<str>, record: Record, also: Option<Listening>) -> Self {
        Self {
            agent,
            team: None,
            record,
            also,
        }
    }

    /// For a member of this one's team.
    pub(crate) fn member(&self, agent: Arc<str>, record: Record) -> Self {
        Self {
            agent,
            team: Some(self.agent.clone()),
            record,
            also: self.also.clone(),
        }
    }

    pub(crate) fn tell(&self, what: AgentEvent) {
        if let Some(also) = &self.also {
            also(&self.agent, &what);
        }
        if let Some(part) = self.record.as_part() {
            part.tell(&self.agent, self.team.as_ref(), what);
        }
    }

    /// For a model's pieces. Nobody wants those of an agent that works alone and unobserved.
    pub(crate) fn deltas(&self) -> Deltas {
        if self.also.is_none() && self.record.as_part().is_none() {
            return Deltas::none();
        }
        let listener = self.clone();
        Deltas::to(move |delta| match delta {
            Delta::Text(text) => listener.tell(AgentEvent::Content {
                text: text.to_owned(),
            }),
            Delta::Reset { reason } => listener.tell(AgentEvent::Reset {
                reason: reason.to_owned(),
            }),
            Delta::Reasoning(_) => {}
        })
    }
}
