//! Flow bodies: read into a graph, and checked for what a durable flow must not do. Nothing is rewritten.

pub(crate) mod aliases;
pub(crate) mod allow;
pub(crate) mod calls;
mod containers;
pub(crate) mod endless;
pub(crate) mod graph;
pub(crate) mod hazards;
pub(crate) mod in_steps;
pub(crate) mod lint;
mod literals;
pub(crate) mod macros;
pub(crate) mod mend;
mod named;
mod outside;
mod own;
mod plain;
pub(crate) mod reader;
pub(crate) mod recursion;
mod reserved;
mod results;
mod slips;
mod state_copies;
pub(crate) mod text;
pub(crate) mod text_errors;
mod undeclared;
mod unread;
