//! The graph of a workflow, and its pictures.
//!
//! [`model`] is what the macro writes: a constant tree per flow. `constructs` follows a flow through it;
//! everything else here draws it, with or without the path that a run took.

mod chart;
mod constructs;
mod dot;
mod format;
mod journal;
mod json;
mod mermaid;
pub mod model;
mod path;
mod shape;
mod svg;
mod tally;
mod text;

pub use constructs::Constructs;
pub use format::{GraphFormat, UnknownFormat, render};
pub use model::{Arm, At, FlowGraph, Graph, Node};
pub use path::RunPath;
pub(crate) use path::calls;
pub use tally::Tally;

#[cfg(test)]
mod tests;
