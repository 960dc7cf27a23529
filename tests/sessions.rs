//! Sessions, what runs may use, what they know of earlier ones, and flows that change under them.
#![cfg(all(feature = "agents", feature = "testing"))]

#[path = "sessions/definitions.rs"]
mod definitions;
#[path = "sessions/events.rs"]
mod events;
#[path = "sessions/factories.rs"]
mod factories;
#[path = "sessions/fingerprint.rs"]
mod fingerprint;
#[path = "sessions/history.rs"]
mod history;
#[path = "replay/kit.rs"]
#[allow(dead_code, reason = "the kit of the replay tests")]
mod kit;
#[path = "sessions/limits.rs"]
mod limits;
#[path = "sessions/patched.rs"]
mod patched;
#[path = "sessions/session.rs"]
mod session;
