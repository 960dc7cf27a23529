//! Runs that wait for people.

mod asked;
mod at_once;
mod called;
mod conflicts;
mod desk;
mod failures;
mod gates;
mod inside;
#[path = "../replay/kit.rs"]
#[allow(dead_code, reason = "shared with the replay tests")]
mod kit;
mod lagging;
mod many;
mod shown;
mod storm;
mod stormy;
mod taken_up;
mod timers;
mod unheard;
