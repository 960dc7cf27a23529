//! The session's state, as the tools of an agent and of its team share it.

use std::collections::HashSet;

use agno_core::{AnyState, Error};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::{Mutex, MutexGuard};

/// A change of the state by one call of a tool.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Change {
    /// Its place among all changes of the run.
    pub(super) order: u64,
    /// The call, by the name of its record.
    pub(super) call: String,
    /// The fields it set.
    pub(super) fields: Map<String, Value>,
}

/// The session's state, for one tool at a time.
pub(crate) struct SharedState<'a>(Mutex<Held<'a>>);

struct Held<'a> {
    state: Option<&'a mut dyn AnyState>,
    /// What is in the state, in the order in which it came there.
    changes: Vec<Change>,
    /// The calls that made these changes.
    calls: HashSet<String>,
    last: u64,
}

impl Held<'_> {
    fn add(&mut self, change: Change) {
        self.last = self.last.max(change.order);
        self.calls.insert(change.call.clone());
        self.changes.push(change);
    }
}

impl<'a> SharedState<'a> {
    pub(crate) fn new(state: Option<&'a mut dyn AnyState>) -> Self {
        Self(Mutex::new(Held {
            state,
            changes: Vec::new(),
            calls: HashSet::new(),
            last: 0,
        }))
    }

    /// The fields, for instructions that name them.
    pub(crate) async fn fields(&self) -> Result<Map<String, Value>, Error> {
        let held = self.0.lock().await;
        held.state
            .as_ref()
            .map_or_else(|| Ok(Map::new()), |state| state.fields())
    }

    /// Holds it for one call of a tool.
    pub(crate) async fn hold(&self, call: &str) -> Result<OneTool<'_, 'a>, Error> {
        let held = self.0.lock().await;
        let before = held
            .state
            .as_ref()
            .map(|state| state.fields())
            .transpose()?;
        let call = call.to_owned();
        Ok(OneTool { held, call, before })
    }

    /// What the calls below a call changed: those of members at work for it.
    pub(crate) async fn changes_below(&self, call: &str) -> Vec<Change> {
        let held = self.0.lock().await;
        let below = |change: &&Change| {
            let rest = change.call.strip_prefix(call);
            rest.is_some_and(|rest| rest.starts_with('/'))
        };
        held.changes.iter().filter(below).cloned().collect()
    }

    /// Makes recorded changes again that are not made yet, in the order in which they were made.
    pub(crate) async fn restore(&self, mut recorded: Vec<Change>) -> Result<(), Error> {
        if recorded.is_empty() {
            return Ok(());
        }
        recorded.sort_by_key(|change| change.order);
        let mut held = self.0.lock().await;
        for change in recorded {
            if held.calls.contains(&change.call) {
                continue;
            }
            if let Some(state) = &mut held.state {
                state.set_fields(change.fields.clone())?;
            }
            held.add(change);
        }
        Ok(())
    }
}

/// The state while one tool works on it. Dropped without [`keep`](Self::keep), it takes back what
/// the tool changed: it failed, or was given up in the middle.
pub(crate) struct OneTool<'g, 'a> {
    held: MutexGuard<'g, Held<'a>>,
    call: String,
    before: Option<Map<String, Value>>,
}

impl OneTool<'_, '_> {
    pub(crate) fn state(&mut self) -> Option<&mut dyn AnyState> {
        match &mut self.held.state {
            Some(state) => Some(&mut **state),
            None => None,
        }
    }

    /// Keeps what the tool changed, and answers it.
    pub(crate) fn keep(mut self) -> Result<Option<Change>, Error> {
        let (Some(before), Some(state)) = (&self.before, &self.held.state) else {
            return Ok(None);
        };
        let mut fields = state.fields()?;
        fields.retain(|name, value| before.get(name) != Some(value));
        self.before = None;
        if fields.is_empty() {
            return Ok(None);
        }
        let change = Change {
            order: self.held.last + 1,
            call: std::mem::take(&mut self.call),
            fields,
        };
        self.held.add(change.clone());
        Ok(Some(change))
    }
}

impl Drop for OneTool<'_, '_> {
    fn drop(&mut self) {
        if let (Some(before), Some(state)) = (self.before.take(), &mut self.held.state)
            && let Err(error) = state.set_fields(before)
        {
            // It was read from this very state.
            tracing::error!(%error, "what a failed tool changed cannot be taken back");
        }
    }
}
