//! What the command line can do, a file per verb.

mod agents;
mod answer;
pub(crate) mod cache;
pub(crate) mod graph;
pub(crate) mod run;
pub(crate) mod runs;
pub(crate) mod show;
pub(crate) mod store;
pub(crate) mod workflows;

mod watch;
