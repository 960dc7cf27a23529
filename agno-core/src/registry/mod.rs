//! What a workflow consists of: its steps and flows, by name, with their types erased.

mod arity;
mod cache;
mod chain;
mod definition;
mod describe;
mod executable;
mod gate;
mod options;
mod registered;
mod warnings;

pub(crate) use cache::micros;
pub use cache::{Cache, Scope};
pub(crate) use chain::{Answers, Chain};
pub use chain::{FromText, Link, Piece};
pub(crate) use definition::panicked;
pub use definition::{Definition, Steps, Workflow, WorkflowInfo};
pub use describe::{StepSummary, WorkflowSummary};
pub use gate::{Gate, OnReject, OnTimeout};
pub(crate) use options::StepOptions;
pub use options::{FlowSpec, OnDrift, OnError, Retry, Step};
pub(crate) use registered::{FlowEntry, FlowRun, Registered, StepEntry, StepOutcome};

use crate::error::{Error, code};

/// A workflow does not fit together.
fn misuse(problem: String) -> Error {
    Error::new(code::MISUSE, problem).permanent()
}
