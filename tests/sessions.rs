//! Sessions, what runs may use, what they know of earlier ones, and flows that change under them.
#![cfg(all(feature = "agents", feature = "testing"))]

#[path = "sessions/history.rs"]
mod history;
#[path = "replay/kit.rs"]
#[allow(dead_code, reason = "the kit of the replay tests")]
mod kit;
#[path = "sessions/limits.rs"]
mod limits;
#[path = "sessions/patched.rs"]
mod patched;
