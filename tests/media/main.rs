//! Images, sounds, films and files: kept once, passed by reference.

mod agents;
mod command_line;
mod crashes;
#[path = "../replay/kit.rs"]
#[allow(dead_code, reason = "the kit of the replay tests")]
mod kit;
mod references;
mod workflow;
