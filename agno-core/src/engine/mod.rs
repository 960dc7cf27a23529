//! The local engine: executes what a flow asks for, over a store.
//!
//! * [`cell`](RunCell) is one run under way: what is recorded, what waits for the next commit.
//! * `replay` claims recorded operations and finds drift.
//! * `plan` and `execute` turn an operation into work, `step` runs one step, `record` records it.
//! * `containers` runs operations at the same time, `nested` another workflow, `ask` waits for
//!   people, and `parking` drops a run that does nothing else.
//! * `budget` counts what a run uses and ends it when that is more than it may.
//! * `lease` knows for how long this process owns the run, `heard` what others have recorded for it.
//! * `stop` ends a run before its flow returns.
//! * `commit` is the only way to the store; `drive` polls the flow and ends the run.

mod around;
mod artifacts;
mod ask;
mod budget;
mod cache;
mod cell;
mod commit;
mod constructs;
mod containers;
mod drive;
mod events;
mod execute;
mod gate;
mod heard;
mod history;
mod lease;
mod memos;
mod nested;
mod once;
mod parking;
mod patch;
mod plan;
mod record;
mod replay;
mod same_input;
mod step;
mod stop;
mod successor;
mod whole;

pub(crate) use ask::{Question, answer_entry};
pub(crate) use budget::{Budget, Used};
pub(crate) use cache::{Refresh, StepCache, key_of, of_flow, of_step};
pub(crate) use cell::{NewCell, RunCell, blame_current};
pub(crate) use drive::{cancelled, drive};
pub(crate) use events::check as check_events;
pub(crate) use execute::sleep_until;
pub(crate) use heard::{cancel_at, is_to_be_cancelled, over_at, parked_at};
pub(crate) use parking::Answered;
pub(crate) use replay::{Recorded, answered};
pub(crate) use stop::Stop;
