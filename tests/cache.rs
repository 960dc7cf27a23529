//! The step cache: modes, tags, stale results, bounds, flights, and why it missed.

#[path = "cache/bound.rs"]
mod bound;
#[path = "cache/explain.rs"]
mod explain;
#[path = "cache/flights.rs"]
mod flights;
#[path = "cache/kit.rs"]
mod kit;
#[path = "cache/modes.rs"]
mod modes;
#[path = "cache/stale.rs"]
mod stale;
#[path = "cache/tags.rs"]
mod tags;
