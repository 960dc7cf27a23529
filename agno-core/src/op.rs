//! What a flow can ask for, as data: the narrow waist between flows and engines.
//!
//! A flow talks to one object-safe trait, [`Engine`]. Everything it can wait for is an [`Op`]:
//! serialisable and recursive, so that every combination works inside every other, and so that
//! an engine which lives elsewhere can be put in the place of the local one.

use std::{any::Any, sync::Arc, time::Duration};

use agno_storage::{BoxFuture, Json, Place, RequestKind};
use serde::Serialize;

use crate::{error::Error, registry::StepOptions};

/// Names one operation of a run. Taken when the call is built, not when it is awaited.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Identity {
    /// Scope path, name and ordinal: `map#1[3]/read#0`.
    pub(crate) path: Arc<str>,
    /// The scope it stands in: the path up to and with the last `/`.
    pub(crate) scope: Arc<str>,
    /// Position among the operations of its scope.
    pub(crate) position: u32,
    /// Where in the source it was asked for.
    pub(crate) place: Place,
}

/// One thing that a flow can wait for.
#[derive(Clone, Debug, Serialize)]
pub(crate) enum Op {
    /// A step.
    Step(CallOp),
    /// A sub-flow of the same workflow.
    Subflow(CallOp),
    /// A durable timer.
    Sleep { id: Identity, duration: Duration },
    /// All of them, at most `limit` at once; the first failure ends the others.
    All {
        id: Identity,
        kind: Container,
        ops: Vec<Self>,
        limit: Option<usize>,
    },
    /// All of them at once; the first that is over decides, and ends the others.
    First {
        id: Identity,
        ops: Vec<Self>,
        /// A failure does not decide, unless all fail.
        ok_only: bool,
    },
    /// A wait for a person.
    Ask(AskOp),
    /// Another workflow, as a run of its own.
    Workflow(WorkflowOp),
    /// The last completed runs of the session.
    History { id: Identity, runs: usize },
    /// The end of this run, and a new one that goes on with this input.
    Continue { id: Identity, input: Json },
    /// The outcome of an operation as a value, also when it is an error.
    Settle(Box<Self>),
}

/// A question to a person.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct AskOp {
    pub(crate) id: Identity,
    pub(crate) kind: RequestKind,
    pub(crate) message: String,
    /// JSON schema of the value that is wanted, made when it is asked for the first time.
    #[serde(skip)]
    pub(crate) schema: Option<fn() -> Json>,
    /// What the question is about.
    pub(crate) value: Option<Json>,
    pub(crate) timeout: Option<Duration>,
    /// What is answered when the time is over, in place of an error.
    pub(crate) otherwise: Option<Json>,
}

/// The call of another workflow.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct WorkflowOp {
    pub(crate) id: Identity,
    pub(crate) workflow: Arc<str>,
    /// What its run is started with.
    pub(crate) input: Json,
}

/// The call of a step or sub-flow.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct CallOp {
    pub(crate) id: Identity,
    /// Number in the registry; for memory only, the journal holds names.
    pub(crate) index: usize,
    pub(crate) input: Json,
    /// What this call sets anew, if it does.
    pub(crate) options: Option<Box<StepOptions>>,
}

/// Kinds of [`Op::All`], as the journal names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Container {
    /// A fixed number of branches.
    Parallel,
    /// One branch per item of a list.
    Map,
    /// A fixed number of branches, of which one wins.
    Race,
}

impl Container {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Parallel => "parallel",
            Self::Map => "map",
            Self::Race => "race",
        }
    }
}

impl Op {
    pub(crate) fn id(&self) -> &Identity {
        match self {
            Self::Step(call) | Self::Subflow(call) => &call.id,
            Self::Sleep { id, .. }
            | Self::All { id, .. }
            | Self::First { id, .. }
            | Self::History { id, .. }
            | Self::Continue { id, .. } => id,
            Self::Ask(ask) => &ask.id,
            Self::Workflow(call) => &call.id,
            Self::Settle(op) => op.id(),
        }
    }
}

/// What an operation answers.
pub(crate) enum Reply {
    /// Of a step, sub-flow or timer.
    One {
        json: Json,
        /// Decoded already, from `json`.
        value: Option<Box<dyn Any + Send>>,
    },
    /// Of a container, in order.
    Many(Vec<Self>),
    /// Of a race: which branch won, and what it answered.
    Won(usize, Box<Self>),
    /// Of an operation whose error is a value.
    Settled(Result<Box<Self>, Error>),
}

/// Executes operations durably. A result is on disk before it is answered; an `Err` is a recorded
/// error of a step. Control (pause, cancel, drift, a lost run, a dead store) never appears as
/// `Err`: then the call does not resolve and the engine drops the flow.
pub(crate) trait Engine: Send + Sync {
    /// Executes one operation.
    fn execute(&self, op: Op) -> BoxFuture<'static, Result<Reply, Error>>;

    /// A value from outside the flow, recorded with the run's next commit: `make` is asked only
    /// if none is recorded.
    fn value(&self, id: &Identity, make: &dyn Fn() -> Json) -> Json;

    /// Says something, once.
    fn say(&self, id: &Identity, message: String);

    /// Whether the run takes the new way at a patch, recorded with the run's next commit.
    fn patched(&self, scope: &str, name: &str) -> bool;

    /// Deterministic random bytes for a place in the run.
    fn random(&self, id: &Identity) -> [u8; 32];

    /// The flow did something that would not survive a crash. The run stops.
    fn misuse(&self, problem: String);

    /// Whether the flow is being polled by its own run, on this thread, now.
    fn is_polling(&self) -> bool;
}
