//! The session's state, as the tools of an agent and of its team share it.

use agno_core::{AnyState, Error};
use serde_json::{Map, Value};
use tokio::sync::{Mutex, MutexGuard};

/// A change of the state: its place among all changes of the run, and the fields it set.
pub(crate) type Change = (u64, Map<String, Value>);

/// The session's state, for one tool at a time.
pub(crate) struct SharedState<'a>(Mutex<Held<'a>>);

struct Held<'a> {
    state: Option<&'a mut dyn AnyState>,
    changes: u64,
}

impl<'a> SharedState<'a> {
    pub(crate) fn new(state: Option<&'a mut dyn AnyState>) -> Self {
        Self(Mutex::new(Held { state, changes: 0 }))
    }

    /// The fields, for instructions that name them.
    pub(crate) async fn fields(&self) -> Result<Map<String, Value>, Error> {
        let held = self.0.lock().await;
        held.state
            .as_ref()
            .map_or_else(|| Ok(Map::new()), |state| state.fields())
    }

    /// Holds it for one tool.
    pub(crate) async fn hold(&self) -> Result<OneTool<'_, 'a>, Error> {
        let held = self.0.lock().await;
        let before = held
            .state
            .as_ref()
            .map(|state| state.fields())
            .transpose()?;
        Ok(OneTool { held, before })
    }

    /// Makes recorded changes again, in the order in which they were made.
    pub(crate) async fn restore(&self, mut recorded: Vec<Change>) -> Result<(), Error> {
        if recorded.is_empty() {
            return Ok(());
        }
        recorded.sort_by_key(|(order, _)| *order);
        let mut held = self.0.lock().await;
        for (order, fields) in recorded {
            held.changes = held.changes.max(order);
            if let Some(state) = &mut held.state {
                state.set_fields(fields)?;
            }
        }
        Ok(())
    }
}

/// The state while one tool works on it.
pub(crate) struct OneTool<'g, 'a> {
    held: MutexGuard<'g, Held<'a>>,
    before: Option<Map<String, Value>>,
}

impl OneTool<'_, '_> {
    pub(crate) fn state(&mut self) -> Option<&mut dyn AnyState> {
        match &mut self.held.state {
            Some(state) => Some(&mut **state),
            None => None,
        }
    }

    /// What the tool changed.
    pub(crate) fn change(mut self) -> Result<Option<Change>, Error> {
        let (Some(before), Some(state)) = (&self.before, &self.held.state) else {
            return Ok(None);
        };
        let mut after = state.fields()?;
        after.retain(|name, value| before.get(name) != Some(value));
        if after.is_empty() {
            return Ok(None);
        }
        self.held.changes += 1;
        Ok(Some((self.held.changes, after)))
    }
}
