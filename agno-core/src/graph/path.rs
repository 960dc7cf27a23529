//! The path that a run took through a graph.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::model::{Graph, Node};

/// How often a run did each step. Empty: no run is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunPath {
    /// The counts, by the name of the step.
    pub steps: BTreeMap<String, StepTally>,
}

/// How often a run did one step, by how it went. No call is counted twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepTally {
    /// Calls that ran and succeeded.
    pub completed: u32,
    /// Calls answered from the cache.
    pub cached: u32,
    /// Calls that failed.
    pub failed: u32,
    /// Calls that have begun and not ended.
    pub running: u32,
}

impl StepTally {
    /// How the step is coloured: what is happening now comes before what has happened.
    pub(super) const fn status(&self) -> Status {
        if self.running > 0 {
            Status::Running
        } else if self.failed > 0 {
            Status::Failed
        } else if self.completed > 0 {
            Status::Completed
        } else if self.cached > 0 {
            Status::Cached
        } else {
            Status::NotReached
        }
    }

    /// The counts in words: `✔ ×3 · ✘`.
    pub(super) fn mark(&self) -> String {
        let parts: Vec<String> = [
            ("✔", self.completed),
            ("cached", self.cached),
            ("✘", self.failed),
            ("▶", self.running),
        ]
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(sign, count)| match count {
            1 => sign.to_owned(),
            _ => format!("{sign} ×{count}"),
        })
        .collect();
        match parts.is_empty() {
            true => "○".to_owned(),
            false => parts.join(" · "),
        }
    }
}

/// How a node is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// No run is shown, or the run says nothing about such a node.
    Plain,
    NotReached,
    Cached,
    Completed,
    Failed,
    Running,
}

impl Status {
    /// The statuses that a picture has a colour for, with its name.
    pub(super) const fn class(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::NotReached => Some("dim"),
            Self::Cached => Some("cached"),
            Self::Completed => Some("done"),
            Self::Failed => Some("failed"),
            Self::Running => Some("running"),
        }
    }
}

/// The colours of a status: fill, stroke and text. They stand on a light and on a dark page.
pub(super) const COLOURS: [(&str, &str, &str, &str); 5] = [
    ("done", "#dafbe1", "#1a7f37", "#1f2328"),
    ("cached", "#ddf4ff", "#0969da", "#1f2328"),
    ("failed", "#ffebe9", "#cf222e", "#1f2328"),
    ("running", "#fff8c5", "#9a6700", "#1f2328"),
    ("dim", "#eaeef2", "#afb8c1", "#818b98"),
];

impl RunPath {
    /// Whether a run is shown at all.
    pub(super) fn is_shown(&self) -> bool {
        !self.steps.is_empty()
    }

    /// What the run did of a step; `None` when no run is shown.
    pub(super) fn tally(&self, step: &str) -> Option<StepTally> {
        self.is_shown()
            .then(|| self.steps.get(step).copied().unwrap_or_default())
    }

    /// Whether the run passed by `nodes`, dimmed as a whole: they have steps, and none was reached.
    pub(super) fn misses(&self, graph: &Graph, nodes: &[Node]) -> bool {
        if !self.is_shown() {
            return false;
        }
        let mut steps = BTreeSet::new();
        let mut reader = Reader::default();
        reader.read(graph, nodes, &mut |name| {
            steps.insert(name.to_owned());
        });
        !reader.opaque
            && !steps.is_empty()
            && steps.iter().all(|step| {
                self.tally(step)
                    .is_none_or(|tally| tally.status() == Status::NotReached)
            })
    }
}

/// The `steps` that no flow calls. Empty as soon as one part of the graph could not be read, because the
/// call may be there.
pub fn uncalled<'a>(graph: &Graph, steps: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut called = BTreeSet::new();
    let mut reader = Reader::default();
    for flow in graph.flows {
        reader.read(graph, flow.nodes, &mut |name| {
            called.insert(name.to_owned());
        });
    }
    if reader.opaque {
        return Vec::new();
    }
    steps
        .into_iter()
        .filter(|step| !called.contains(*step))
        .collect()
}

/// Reads the steps out of a tree, each sub-flow once.
#[derive(Default)]
struct Reader {
    flows: BTreeSet<&'static str>,
    opaque: bool,
}

impl Reader {
    fn read(&mut self, graph: &Graph, nodes: &[Node], step: &mut dyn FnMut(&str)) {
        for node in nodes {
            match node {
                Node::Step { name, .. } => step(name),
                Node::Subflow { name, .. } => {
                    if self.flows.insert(name)
                        && let Some(flow) = graph.flows.iter().find(|flow| flow.name == *name)
                    {
                        self.read(graph, flow.nodes, step);
                    }
                }
                Node::If {
                    then, otherwise, ..
                } => {
                    self.read(graph, then, step);
                    self.read(graph, otherwise, step);
                }
                Node::Match { arms, .. } => {
                    for arm in *arms {
                        self.read(graph, arm.body, step);
                    }
                }
                Node::Loop { body, .. } | Node::Map { body, .. } => self.read(graph, body, step),
                Node::Parallel { branches, .. } | Node::Race { branches, .. } => {
                    for branch in *branches {
                        self.read(graph, branch, step);
                    }
                }
                Node::Opaque { .. } => self.opaque = true,
                Node::Workflow { .. }
                | Node::Sleep { .. }
                | Node::Human { .. }
                | Node::End { .. } => {}
            }
        }
    }
}
