//! The graph that is read from a flow, before it is emitted.

use proc_macro2::Span;
use syn::Attribute;

/// The graphs of all flows, by the flow's identifier.
pub(crate) struct Graph(pub(crate) Vec<(String, Vec<Node>)>);

impl Graph {
    pub(crate) fn flow(&self, ident: &str) -> Option<&[Node]> {
        self.0
            .iter()
            .find(|(name, _)| name == ident)
            .map(|(_, nodes)| nodes.as_slice())
    }
}

pub(crate) struct Node {
    /// The conditions of the statement it stands in.
    pub(crate) conditions: Vec<Attribute>,
    pub(crate) kind: Kind,
}

/// The nodes of `agno_core::graph::Node`, with the place of the call: that of the method's name, as `Location::caller` tells it.
pub(crate) enum Kind {
    Step {
        name: String,
        at: Span,
    },
    Subflow {
        name: String,
        at: Span,
    },
    Workflow {
        name: String,
        at: Span,
    },
    Sleep {
        duration: String,
        at: Span,
    },
    Human {
        kind: String,
        at: Span,
    },
    If {
        condition: String,
        then: Vec<Node>,
        otherwise: Vec<Node>,
    },
    Match {
        on: String,
        arms: Vec<(Vec<Attribute>, String, Vec<Node>)>,
    },
    Loop {
        head: String,
        body: Vec<Node>,
    },
    Parallel {
        branches: Vec<Vec<Node>>,
        at: Span,
    },
    Map {
        over: String,
        body: Vec<Node>,
        at: Span,
    },
    Race {
        branches: Vec<Vec<Node>>,
        at: Span,
    },
    End {
        text: String,
    },
    Opaque {
        text: String,
    },
}

impl Node {
    pub(crate) fn step(&self) -> Option<(&str, Span)> {
        match &self.kind {
            Kind::Step { name, at } => Some((name, *at)),
            _ => None,
        }
    }

    pub(crate) fn subflow(&self) -> Option<&str> {
        match &self.kind {
            Kind::Subflow { name, .. } => Some(name),
            _ => None,
        }
    }

    pub(crate) fn workflow(&self) -> Option<&str> {
        match &self.kind {
            Kind::Workflow { name, .. } => Some(name),
            _ => None,
        }
    }

    pub(crate) fn human(&self) -> Option<&str> {
        match &self.kind {
            Kind::Human { kind, .. } => Some(kind),
            _ => None,
        }
    }

    pub(crate) fn is_opaque(&self) -> bool {
        matches!(self.kind, Kind::Opaque { .. })
    }

    pub(crate) fn children(&self) -> Vec<&Node> {
        match &self.kind {
            Kind::If {
                then, otherwise, ..
            } => then.iter().chain(otherwise).collect(),
            Kind::Match { arms, .. } => arms.iter().flat_map(|(_, _, body)| body).collect(),
            Kind::Loop { body, .. } | Kind::Map { body, .. } => body.iter().collect(),
            Kind::Parallel { branches, .. } | Kind::Race { branches, .. } => {
                branches.iter().flatten().collect()
            }
            _ => Vec::new(),
        }
    }
}
