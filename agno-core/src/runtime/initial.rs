//! The state that a session begins with, when its first run is given one.

use std::sync::Arc;

use agno_storage::{
    FieldChange, FieldValue, Json, Operation, RunId, SessionFields, SessionKey, StateDelta,
};
use serde_json::{Map, Value};

use crate::{
    error::{Error, code},
    execute::StateType,
    registry::Registered,
    state::{State, to_map},
};

/// A state for a session, given with the start of a run.
#[derive(Debug)]
pub(super) struct Given {
    kind: StateType,
    fields: Result<Map<String, Value>, String>,
}

/// What a session holds when a run begins, and what the run's first commit has to change for it.
pub(super) struct Initial {
    pub(super) fields: SessionFields,
    pub(super) delta: Option<StateDelta>,
}

impl Given {
    pub(super) fn new<S: State>(state: &S) -> Self {
        Self {
            kind: StateType::of::<S>(),
            fields: to_map(state),
        }
    }

    /// Whether the workflow has such a state.
    ///
    /// # Errors
    ///
    /// When it has none, or another, or the state cannot be saved.
    pub(super) fn check(&self, registered: &Registered) -> Result<(), Error> {
        let declared = registered.state.as_ref().map(|state| state.kind);
        let problem = match declared {
            None => format!(
                "`{}` has no state: declare `#[workflow(state = {})]`, or start it without one",
                registered.name, self.kind.name
            ),
            Some(kind) if kind != self.kind => format!(
                "the state of `{}` is `{}`, it was given `{}`",
                registered.name, kind.name, self.kind.name
            ),
            Some(_) => match &self.fields {
                Ok(_) => return Ok(()),
                Err(problem) => problem.clone(),
            },
        };
        Err(Error::new(code::INVALID_INPUT, problem).permanent())
    }

    /// For a session that is new, or with `overwrite` for any. `None` when it keeps what it has.
    pub(super) fn apply(
        &self,
        stored: &SessionFields,
        overwrite: bool,
        run: &RunId,
        key: &SessionKey,
    ) -> Result<Option<Initial>, Error> {
        if !stored.is_empty() && !overwrite {
            return Ok(None);
        }
        let by: Arc<str> = Arc::from(format!("{run}/@start"));
        let mut fields = stored.clone();
        let mut delta = StateDelta::default();
        for (name, value) in self.fields.iter().flatten() {
            let field: Arc<str> = Arc::from(name.as_str());
            let value = Json::encode(value).map_err(|error| {
                let problem = format!("the state of session `{}`: {error}", key.session);
                Error::new(code::INVALID_INPUT, problem).permanent()
            })?;
            let operation = match overwrite {
                true => Operation::Replace {
                    value: value.clone(),
                },
                // Only where there is nothing: another run may have begun the session meanwhile.
                false => Operation::Set {
                    expected: None,
                    value: value.clone(),
                },
            };
            let by = by.clone();
            fields.insert(
                field.clone(),
                FieldValue {
                    value,
                    by: by.clone(),
                },
            );
            delta.changes.push(FieldChange {
                field,
                by,
                initial: None,
                operation,
            });
        }
        Ok(Some(Initial {
            fields,
            delta: Some(delta),
        }))
    }
}
