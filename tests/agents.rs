//! Agents in workflows: what is recorded, what is bought once, and what ends in an error.
#![cfg(all(feature = "agents", feature = "testing"))]

#[path = "agents/ambient.rs"]
mod ambient;
#[path = "agents/changes.rs"]
mod changes;
#[path = "agents/counting.rs"]
mod counting;
#[path = "agents/durable.rs"]
mod durable;
#[path = "agents/effects.rs"]
mod effects;
#[path = "agents/inbox.rs"]
mod inbox;
#[path = "agents/interrupted.rs"]
mod interrupted;
#[path = "replay/kit.rs"]
#[allow(dead_code, reason = "the kit of the replay tests")]
mod kit;
#[path = "agents/later_effects.rs"]
mod later_effects;
#[path = "agents/loops.rs"]
mod loops;
#[path = "agents/odd_replies.rs"]
mod odd_replies;
#[path = "agents/output.rs"]
mod output;
#[path = "agents/remembering.rs"]
mod remembering;
#[path = "agents/settings.rs"]
mod settings;
#[path = "agents/teams.rs"]
mod teams;
