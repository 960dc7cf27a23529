//! Calls that run at the same time: races, outcomes as values, and other workflows.

mod continued;
mod decided;
mod events;
mod fields;
#[path = "../replay/kit.rs"]
#[allow(dead_code, reason = "shared with the replay tests")]
mod kit;
mod nested;
mod races;
mod settled;
