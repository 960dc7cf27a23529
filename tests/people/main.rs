//! Runs that wait for people.

mod asked;
mod conflicts;
mod failures;
mod gates;
mod inside;
#[path = "../replay/kit.rs"]
#[allow(dead_code, reason = "shared with the replay tests")]
mod kit;
mod many;
mod timers;
