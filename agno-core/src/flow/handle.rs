//! The untyped handle behind every flow.

use std::{
    any::Any,
    panic::Location,
    sync::{Arc, atomic::AtomicBool},
};

use agno_storage::Json;
use serde::de::DeserializeOwned;

use super::{call::StepCall, place, scope::Scopes};
use crate::{
    engine::RunCell,
    error::{Error, code},
    op::{CallOp, Engine, Identity, Op},
    registry::Registered,
    state::{State, load},
};

/// The durable calls of a workflow, by name. The generated handle wraps it; a workflow that is
/// declared by hand uses it as it is.
#[derive(Clone)]
pub struct Handle(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) cell: Arc<RunCell>,
    pub(crate) registered: Arc<Registered>,
    pub(crate) info: Arc<RunInfo>,
    pub(crate) scopes: Scopes,
    /// Set while a call is under way: a flow awaits one call at a time.
    pub(crate) busy: AtomicBool,
}

/// What a flow may know of its run.
#[derive(Debug)]
pub(crate) struct RunInfo {
    pub(crate) run: Arc<str>,
    pub(crate) session: Arc<str>,
    pub(crate) user: Option<Arc<str>>,
    pub(crate) metadata: Option<Json>,
}

impl RunInfo {
    /// What the run was started with beside its input. Without any, an empty object.
    pub(crate) fn metadata<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let read = match &self.metadata {
            Some(metadata) => metadata.decode(),
            None => serde_json::from_value(serde_json::Value::Object(serde_json::Map::new())),
        };
        read.map_err(|error| {
            let wanted = std::any::type_name::<T>();
            let problem = format!(
                "the metadata of run `{}` is no `{wanted}`: {error}",
                self.run
            );
            Error::new(code::INVALID_INPUT, problem).permanent()
        })
    }
}

impl Handle {
    pub(crate) fn new(cell: &Arc<RunCell>, scope: Arc<str>) -> Self {
        Self::inside(cell, cell.clone(), scope)
    }

    /// For a flow whose calls another engine executes: a sub-flow inside containers.
    pub(crate) fn inside(cell: &Arc<RunCell>, engine: Arc<dyn Engine>, scope: Arc<str>) -> Self {
        Self(Arc::new(Inner {
            engine,
            cell: cell.clone(),
            registered: cell.registered.clone(),
            info: cell.info.clone(),
            scopes: Scopes::new(scope),
            busy: AtomicBool::new(false),
        }))
    }

    pub(crate) fn identify(&self, name: &'static str, at: &'static Location<'static>) -> Identity {
        let claimed = self.0.scopes.claim(name);
        Identity {
            path: claimed.path,
            scope: claimed.scope,
            position: claimed.position,
            place: place(at),
        }
    }

    /// The durable call of a step. `values` is the tuple of its parameters: `(topic,)`.
    #[track_caller]
    pub fn step<I: Any, O: Send + 'static>(&self, name: &'static str, values: I) -> StepCall<O> {
        let id = self.identify(name, Location::caller());
        let op = match self.0.registered.step(name) {
            Some((index, entry)) => (entry.encode)(&values).map(|input| {
                Op::Step(CallOp {
                    id: id.clone(),
                    index,
                    input,
                    options: None,
                })
            }),
            None => Err(self.unknown("step", name)),
        };
        StepCall::new(self.clone(), id, op)
    }

    /// The durable call of a sub-flow. `values` is the tuple of its parameters.
    #[track_caller]
    pub fn subflow<I: Any, O: Send + 'static>(&self, name: &'static str, values: I) -> StepCall<O> {
        let id = self.identify(name, Location::caller());
        let op = match self.0.registered.subflow(name) {
            Some((index, entry)) => (entry.encode)(&values).map(|input| {
                Op::Subflow(CallOp {
                    id: id.clone(),
                    index,
                    input,
                    options: None,
                })
            }),
            None => Err(self.unknown("sub-flow", name)),
        };
        StepCall::new(self.clone(), id, op)
    }

    /// The session's state as this run sees it: as it was when the run began, with what the calls
    /// awaited so far have changed. What does not fit `S` reads as its default; a run of such a
    /// session does not start.
    pub fn state<S: State>(&self) -> S {
        load(&self.0.cell.view()).unwrap_or_default()
    }

    fn unknown(&self, what: &str, name: &str) -> Error {
        let workflow = &self.0.registered.name;
        Error::new(code::MISUSE, format!("`{workflow}` has no {what} `{name}`")).permanent()
    }
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Handle({})", self.0.info.run)
    }
}
