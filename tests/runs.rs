//! What can be done with a run once it is recorded: fork it, compare it, settle it, remove it,
//! hand it on.

#[path = "runs/diff.rs"]
mod diff;
#[path = "runs/export.rs"]
mod export;
#[path = "runs/fork.rs"]
mod fork;
#[path = "replay/kit.rs"]
#[allow(dead_code, reason = "the kit of the replay tests")]
mod kit;
#[path = "runs/people.rs"]
mod people;
#[path = "runs/prune.rs"]
mod prune;
#[path = "runs/resolve.rs"]
mod resolve;
#[path = "runs/workflow.rs"]
mod workflow;
