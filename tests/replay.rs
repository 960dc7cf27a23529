//! The replay contract, rule by rule: each test is named after its rule.

#[path = "replay/commits.rs"]
mod commits;
#[path = "replay/control.rs"]
mod control;
#[path = "replay/fresh.rs"]
mod fresh;
#[path = "replay/identity.rs"]
mod identity;
#[path = "replay/kit.rs"]
mod kit;
#[path = "replay/memo.rs"]
mod memo;
#[path = "replay/session.rs"]
mod session;
#[path = "replay/values.rs"]
mod values;
