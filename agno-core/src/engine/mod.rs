//! The local engine: executes what a flow asks for, over a store.
//!
//! * [`cell`](RunCell) is one run under way: what is recorded, what waits for the next commit.
//! * `replay` claims recorded operations and finds drift.
//! * `plan` and `execute` turn an operation into work, `step` runs one step, `record` records it.
//! * `commit` is the only way to the store; `drive` polls the flow and ends the run.

mod around;
mod cache;
mod cell;
mod commit;
mod drive;
mod execute;
mod once;
mod plan;
mod record;
mod replay;
mod same_input;
mod step;
mod whole;

pub(crate) use cache::Flights;
pub(crate) use cell::{NewCell, RunCell, Stop, blame_current};
pub(crate) use drive::drive;
pub(crate) use replay::Recorded;
