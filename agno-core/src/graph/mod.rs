//! The graph of a workflow, and its pictures.
//!
//! [`model`] is what the macro writes: a constant tree per flow. Everything else here draws it, with or
//! without the path that a run took.

mod chart;
mod dot;
mod format;
mod json;
mod mermaid;
pub mod model;
mod path;
mod shape;
mod svg;
mod text;

pub use format::{GraphFormat, UnknownFormat, render};
pub use model::{Arm, At, FlowGraph, Graph, Node};
pub use path::{RunPath, StepTally, uncalled};

#[cfg(test)]
mod tests;
