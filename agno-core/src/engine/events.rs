//! Which events of a run are stored, and which are told.

use agno_storage::{AgentEvent, Entry, Event, EventKind, EventPolicy};

use super::cell::RunCell;
use crate::{
    error::{Error, code},
    nearest::nearest,
};

/// Refuses names that no event has.
pub(crate) fn check(policy: &EventPolicy) -> Result<(), Error> {
    let unknown = policy
        .events_to_skip
        .iter()
        .find(|name| !EventKind::NAMES.contains(&&***name));
    let Some(name) = unknown else {
        return Ok(());
    };
    let guess = nearest(name, EventKind::NAMES.iter().copied());
    let guess = guess.map_or_else(String::new, |near| format!(", did you mean `{near}`?"));
    let problem = format!("no event is called `{}`{guess}", name.escape_debug());
    Err(Error::new(code::INVALID_INPUT, problem).permanent())
}

/// An event that is told when its commit is durable, with its offset among those that are stored.
pub(super) type Telling = (Option<u64>, Event);

impl RunCell {
    /// Whether an event is stored. How a run began and ended, what people are asked, which runs it
    /// has called, and what its limits count is stored in any case.
    fn stores(&self, kind: &EventKind) -> bool {
        match kind {
            EventKind::RunStarted { .. }
            | EventKind::RunResumed { .. }
            | EventKind::RunEnded { .. }
            | EventKind::RunForked { .. }
            | EventKind::RequestOpened { .. }
            | EventKind::RequestAnswered { .. }
            | EventKind::WorkflowCalled { .. } => return true,
            EventKind::Agent {
                what: AgentEvent::Turn { .. },
                ..
            } if self.budget.counts_turns() => return true,
            _ => {}
        }
        let policy = &self.events;
        let is_agent = matches!(kind, EventKind::Agent { .. });
        policy.store_events
            && (!is_agent || policy.store_executor_outputs)
            && policy
                .events_to_skip
                .iter()
                .all(|name| **name != *kind.name())
    }

    /// Whether an event is told to those who listen.
    pub(super) fn tells(&self, event: &Event) -> bool {
        if self.events.debug {
            tracing::debug!(run = %self.id, kind = event.kind.name(), event = ?event.kind, "told");
        }
        let mut kind = &event.kind;
        while let EventKind::Inner { event, .. } = kind {
            kind = &event.kind;
        }
        self.events.stream_executor_events || !matches!(kind, EventKind::Agent { .. })
    }

    /// Takes out of a commit the events that are not stored, and answers those that are told
    /// when it is durable: the others were told live.
    pub(super) fn sift(&self, entries: &mut [Entry]) -> Vec<Telling> {
        let watched = self.is_watched() || self.events.debug;
        if !watched && *self.events == EventPolicy::default() {
            return Vec::new();
        }
        let mut telling = Vec::new();
        let mut offset = 0;
        for entry in entries {
            entry.events.retain(|event| {
                let number = self.stores(&event.kind).then_some(offset);
                offset += u64::from(number.is_some());
                if watched && !is_told_live(&event.kind) {
                    telling.push((number, event.clone()));
                }
                number.is_some()
            });
        }
        telling
    }
}

/// Told when it happens, ahead of the commit that stores it.
fn is_told_live(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::StepStarted { .. }
            | EventKind::StepRetrying { .. }
            | EventKind::StepProgress { .. }
            | EventKind::TimerStarted { .. }
            | EventKind::Said { .. }
            | EventKind::BranchTaken { .. }
            | EventKind::LoopRound { .. }
            | EventKind::Agent { .. }
    )
}
