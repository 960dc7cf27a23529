//! The path that a run took through a graph.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::{Deserialize, Serialize};

use super::{
    model::{At, Graph, Node},
    tally::{Status, Tally, times},
};

/// What a run did of each operation of its workflow. The default shows no run.
///
/// Operations are told apart by their place in the source, so that a step which is called at two
/// places has its counts at each. Where the graph does not know a recorded place (the source has
/// changed since, or the call stands in a helper), steps and sub-flows are counted by their name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunPath {
    /// Whether there is a run to be shown.
    pub(super) is_shown: bool,
    pub(super) placed: BTreeMap<String, Tally>,
    pub(super) named: BTreeMap<String, Tally>,
    /// By the place of a race: how often each of its branches won.
    pub(super) winners: BTreeMap<String, BTreeMap<usize, u32>>,
}

/// What an operation is called at its place. One place may have several: a macro's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word<'a> {
    /// A step or a sub-flow.
    Named(&'a str),
    Workflow,
    Sleep,
    Human,
    Container,
}

impl Word<'_> {
    /// The key of the operation at a place.
    pub(super) fn at(self, place: impl fmt::Display) -> String {
        match self {
            Self::Named(name) => format!("{place} {name}"),
            // No name has a parenthesis in it.
            Self::Workflow => format!("{place} (workflow)"),
            Self::Sleep => format!("{place} (sleep)"),
            Self::Human => format!("{place} (person)"),
            Self::Container => format!("{place} (container)"),
        }
    }
}

/// The name of a step or sub-flow, from its key.
fn name(key: &str) -> Option<&str> {
    let (_, name) = key.rsplit_once(' ')?;
    (!name.starts_with('(')).then_some(name)
}

/// The operation that a node stands for, if it stands for one.
fn operation(node: &Node) -> Option<(Word<'static>, At)> {
    match node {
        Node::Step { name, at } | Node::Subflow { name, at } => Some((Word::Named(name), at)),
        Node::Workflow { at, .. } => Some((Word::Workflow, at)),
        Node::Sleep { at, .. } => Some((Word::Sleep, at)),
        Node::Human { at, .. } => Some((Word::Human, at)),
        Node::Parallel { at, .. } | Node::Map { at, .. } | Node::Race { at, .. } => {
            Some((Word::Container, at))
        }
        Node::If { .. }
        | Node::Match { .. }
        | Node::Loop { .. }
        | Node::End { .. }
        | Node::Opaque { .. } => None,
    }
}

impl RunPath {
    /// Whether a run is shown at all.
    pub(super) fn is_shown(&self) -> bool {
        self.is_shown
    }

    /// The path for a picture of `graph`: what stands at a place that it does not know counts by name.
    pub(super) fn on(&self, graph: &Graph) -> Self {
        let known = places(graph);
        let mut path = self.clone();
        path.placed.retain(|key, tally| {
            let is_known = known.contains(key);
            if let (false, Some(name)) = (is_known, name(key)) {
                path.named.entry(name.to_owned()).or_default().add(*tally);
            }
            is_known
        });
        path
    }

    /// What the run did of a node; `None` when no run is shown or the node is no operation.
    pub(super) fn tally(&self, node: &Node) -> Option<Tally> {
        let (word, at) = operation(node).filter(|_| self.is_shown)?;
        let mut tally = self.placed.get(&word.at(at)).copied().unwrap_or_default();
        if let Word::Named(name) = word
            && let Some(more) = self.named.get(name)
        {
            tally.add(*more);
        }
        Some(tally)
    }

    /// How often each branch of a race won; `None` while the run has not decided it.
    pub(super) fn winners(&self, race: &Node) -> Option<&BTreeMap<usize, u32>> {
        let (word, at) = operation(race).filter(|_| !self.winners.is_empty())?;
        self.winners.get(&word.at(at))
    }

    /// How often one branch of a race won, in words.
    pub(super) fn won(&self, race: &Node, branch: usize) -> Option<String> {
        let count = self.winners(race)?.get(&branch)?;
        Some(times("won", *count))
    }

    /// Whether the run passed by `nodes`, dimmed as a whole: there are operations among them, and
    /// none was reached.
    pub(super) fn misses(&self, nodes: &[Node]) -> bool {
        if !self.is_shown {
            return false;
        }
        let (mut some, mut none) = (false, true);
        each(nodes, &mut |node| match self.tally(node) {
            Some(tally) => {
                some = true;
                none &= tally.status() == Status::NotReached;
            }
            None => none &= !matches!(node, Node::Opaque { .. }),
        });
        some && none
    }
}

/// The keys of all operations that a graph knows.
fn places(graph: &Graph) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for flow in graph.flows {
        each(flow.nodes, &mut |node| {
            keys.extend(operation(node).map(|(word, at)| word.at(at)));
        });
    }
    keys
}

/// The steps and sub-flows that some flow calls, or `None` when nobody can tell: a part of the graph could not be
/// read, and a call may be there. A sub-flow that only itself calls is not among them.
pub(crate) fn calls(graph: &Graph) -> Option<BTreeSet<&'static str>> {
    let mut called = BTreeSet::new();
    let mut opaque = false;
    for flow in graph.flows {
        each(flow.nodes, &mut |node| match node {
            Node::Step { name, .. } => {
                called.insert(*name);
            }
            Node::Subflow { name, .. } if *name != flow.name => {
                called.insert(*name);
            }
            Node::Opaque { .. } => opaque = true,
            _ => {}
        });
    }
    (!opaque).then_some(called)
}

/// Every node of a tree. The nodes of a sub-flow are those of another tree.
fn each(nodes: &[Node], visit: &mut dyn FnMut(&Node)) {
    for node in nodes {
        visit(node);
        match node {
            Node::If {
                then, otherwise, ..
            } => {
                each(then, visit);
                each(otherwise, visit);
            }
            Node::Match { arms, .. } => arms.iter().for_each(|arm| each(arm.body, visit)),
            Node::Loop { body, .. } | Node::Map { body, .. } => each(body, visit),
            Node::Parallel { branches, .. } | Node::Race { branches, .. } => {
                branches.iter().for_each(|branch| each(branch, visit));
            }
            _ => {}
        }
    }
}
