//! Flow bodies: read into a graph, and checked for what a durable flow must not do. Nothing is rewritten.

pub(crate) mod allow;
pub(crate) mod calls;
pub(crate) mod graph;
pub(crate) mod hazards;
pub(crate) mod lint;
pub(crate) mod macros;
pub(crate) mod reader;
pub(crate) mod redirect;
pub(crate) mod text;
