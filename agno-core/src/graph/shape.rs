//! What the pictures have in common: how one node reads, and which sub-flows are drawn already.

use std::collections::BTreeSet;

use super::model::{FlowGraph, Graph, Node};
use super::path::RunPath;
use super::tally::Status;
use crate::schema::printable;

/// Source text is cut to this many columns.
const LABEL: usize = 60;

/// Source text on one line, without control characters, cut.
pub(super) fn label(source: &str) -> String {
    let mut line = String::new();
    for part in source.lines().flat_map(str::split_whitespace) {
        // A method chain over several lines reads as one line.
        if !line.is_empty() && !part.starts_with('.') {
            line.push(' ');
        }
        line.push_str(part);
    }
    printable(&line, LABEL)
}

/// What kind of thing a node without parts is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaf {
    Step,
    Subflow,
    Workflow,
    Sleep,
    Human,
    End,
    Opaque,
}

/// A node without parts, ready to be drawn.
pub(super) struct LeafView {
    pub(super) kind: Leaf,
    pub(super) text: String,
    /// Its counts in the run that is shown.
    pub(super) mark: Option<String>,
    pub(super) status: Status,
}

/// One picture in the making.
pub(super) struct Drawing<'a> {
    pub(super) graph: &'a Graph,
    pub(super) path: &'a RunPath,
    drawn: BTreeSet<&'static str>,
}

impl<'a> Drawing<'a> {
    pub(super) fn new(graph: &'a Graph, path: &'a RunPath) -> Self {
        Self {
            graph,
            path,
            drawn: graph.entry().map(|flow| flow.name).into_iter().collect(),
        }
    }

    /// The body of a sub-flow at its first call. Later calls, its own included, only refer to it.
    pub(super) fn first_call(&mut self, name: &'static str) -> Option<&'static FlowGraph> {
        let flow = self.graph.flows.iter().find(|flow| flow.name == name)?;
        self.drawn.insert(name).then_some(flow)
    }

    /// The flows that no drawn flow calls: drawn beside the entry, so that nothing is left out.
    pub(super) fn next_undrawn(&mut self) -> Option<&'static FlowGraph> {
        let graph = self.graph;
        graph.flows.iter().find(|flow| self.drawn.insert(flow.name))
    }

    /// How a node without parts reads, `None` for the others. `dim`: the run passed it by.
    pub(super) fn leaf(&self, node: &Node, dim: bool) -> Option<LeafView> {
        let (kind, text) = match node {
            Node::Step { name, .. } => (Leaf::Step, label(name)),
            Node::Subflow { name, .. } => {
                (Leaf::Subflow, format!("flow {} (see there)", label(name)))
            }
            Node::Workflow { name, .. } => (Leaf::Workflow, format!("workflow {}", label(name))),
            Node::Sleep { duration, .. } => (Leaf::Sleep, format!("sleep {}", label(duration))),
            Node::Human { kind, .. } => (Leaf::Human, format!("{} (a person)", label(kind))),
            Node::End { text } => (Leaf::End, label(text)),
            Node::Opaque { text } => (Leaf::Opaque, format!("not readable: {}", label(text))),
            _ => return None,
        };
        let tally = self.path.tally(node);
        let status = match (tally, dim) {
            (Some(tally), _) => tally.status(),
            (None, true) => Status::NotReached,
            (None, false) => Status::Plain,
        };
        Some(LeafView {
            kind,
            text,
            mark: tally.map(|tally| tally.mark()),
            status,
        })
    }
}
