//! What the command line can do, a file per verb.

mod agents;
mod answer;
mod around;
pub(crate) mod artifact;
mod asked;
pub(crate) mod cache;
pub(crate) mod cancel;
pub(crate) mod decide;
mod detached;
pub(crate) mod diff;
mod elsewhere;
pub(crate) mod events;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod fingerprints;
pub(crate) mod fork;
mod given;
pub(crate) mod graph;
pub(crate) mod inbox;
pub(crate) mod prune;
pub(crate) mod resolve;
pub(crate) mod run;
pub(crate) mod runs;
pub(crate) mod sessions;
pub(crate) mod show;
pub(crate) mod store;
pub(crate) mod worker;
pub(crate) mod workflows;

mod watch;
