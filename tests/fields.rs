//! Workflows whose steps are fields, with executables of the tests' own.

#[path = "fields/kit.rs"]
mod kit;
#[path = "replay/kit.rs"]
#[allow(dead_code, reason = "the kit of the replay tests")]
mod runs;

#[path = "fields/by_hand.rs"]
mod by_hand;
#[path = "fields/cached.rs"]
mod cached;
#[path = "fields/chains.rs"]
mod chains;
#[path = "fields/recovery.rs"]
mod recovery;
#[path = "fields/states.rs"]
mod states;
