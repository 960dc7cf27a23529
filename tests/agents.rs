//! Agents in workflows: what is recorded, what is bought once, and what ends in an error.
#![cfg(all(feature = "agents", feature = "testing"))]

#[path = "agents/durable.rs"]
mod durable;
#[path = "agents/effects.rs"]
mod effects;
#[path = "agents/hostile.rs"]
mod hostile;
#[path = "replay/kit.rs"]
#[allow(dead_code, reason = "the kit of the replay tests")]
mod kit;
#[path = "agents/loops.rs"]
mod loops;
#[path = "agents/output.rs"]
mod output;
#[path = "agents/remembering.rs"]
mod remembering;
#[path = "agents/settings.rs"]
mod settings;
#[path = "agents/teams.rs"]
mod teams;
