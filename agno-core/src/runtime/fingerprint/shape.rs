//! What a flow does in which order, without places and values.

use serde::{Deserialize, Serialize};

use crate::graph::Node;

/// One thing that a flow does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Shape {
    /// A call of something with a name: a step, a sub-flow, a workflow, a timer, a person.
    Call { what: String, name: String },
    /// `if` or `match`: what is asked, and the ways.
    Branch {
        on: String,
        ways: Vec<(String, Vec<Self>)>,
    },
    /// What is repeated.
    Loop { head: String, body: Vec<Self> },
    /// What runs at the same time: `parallel`, `race`, `map`.
    Together {
        what: String,
        branches: Vec<Vec<Self>>,
    },
    /// What the macro could not read.
    Opaque { text: String },
}

impl Shape {
    fn call(what: &str, name: &str) -> Self {
        Self::Call {
            what: what.to_owned(),
            name: name.to_owned(),
        }
    }

    pub(super) fn step(name: &str) -> Self {
        Self::call("step", name)
    }

    /// In a few words.
    pub(super) fn in_words(&self) -> String {
        match self {
            Self::Call { what, name } => format!("{what} `{name}`"),
            Self::Branch { on, .. } => format!("branch on `{on}`"),
            Self::Loop { head, .. } => format!("loop `{head}`"),
            Self::Together { what, branches } => format!("{what} of {}", branches.len()),
            Self::Opaque { text } => format!("`{text}`"),
        }
    }
}

/// The shape of what a flow does. Where it ends is no call.
pub(super) fn shape_of(nodes: &[Node]) -> Vec<Shape> {
    let together = |what: &str, branches: &[&[Node]]| Shape::Together {
        what: what.to_owned(),
        branches: branches.iter().map(|branch| shape_of(branch)).collect(),
    };
    let shapes = nodes.iter().filter_map(|node| {
        Some(match node {
            Node::Step { name, .. } => Shape::step(name),
            Node::Subflow { name, .. } => Shape::call("sub-flow", name),
            Node::Workflow { name, .. } => Shape::call("workflow", name),
            // For how long is recorded when it begins.
            Node::Sleep { .. } => Shape::call("timer", "sleep"),
            Node::Human { kind, .. } => Shape::call("question", kind),
            Node::If {
                condition,
                then,
                otherwise,
            } => Shape::Branch {
                on: (*condition).to_owned(),
                ways: vec![
                    ("then".to_owned(), shape_of(then)),
                    ("else".to_owned(), shape_of(otherwise)),
                ],
            },
            Node::Match { on, arms } => Shape::Branch {
                on: (*on).to_owned(),
                ways: arms
                    .iter()
                    .map(|arm| (arm.pattern.to_owned(), shape_of(arm.body)))
                    .collect(),
            },
            Node::Loop { head, body } => Shape::Loop {
                head: (*head).to_owned(),
                body: shape_of(body),
            },
            Node::Parallel { branches, .. } => together("parallel", branches),
            Node::Race { branches, .. } => together("race", branches),
            Node::Map { body, .. } => together("map", &[body]),
            Node::End { .. } => return None,
            Node::Opaque { text } => Shape::Opaque {
                text: (*text).to_owned(),
            },
        })
    });
    shapes.collect()
}

/// The name of the patch that a condition asks for, and whether it asks for the old way.
fn patch_of(on: &str) -> Option<(&str, bool)> {
    let (before, after) = on.split_once(".patched(\"")?;
    let name = after.split('"').next()?;
    // Of a condition that asks for more, the macro's text does not say which way is the old one.
    let alone = after.trim_end().ends_with("\")") && after.matches('"').count() == 1;
    alone.then_some((name, before.trim_start().starts_with('!')))
}

/// The flow as a run from before its patches goes through it. Patches that `before` has as well
/// stay: such a run may have gone either way there.
pub(super) fn old_way(nodes: &[Shape], before: &[Shape], met: &mut Vec<String>) -> Vec<Shape> {
    let mut old = Vec::new();
    for node in nodes {
        match node {
            Shape::Branch { on, ways } if !asks(before, on) && patch_of(on).is_some() => {
                let Some((name, negated)) = patch_of(on) else {
                    continue;
                };
                met.push(name.to_owned());
                let way = ways.get(usize::from(!negated));
                old.extend(old_way(way.map_or(&[][..], |way| &way.1), before, met));
            }
            Shape::Branch { on, ways } => old.push(Shape::Branch {
                on: on.clone(),
                ways: ways
                    .iter()
                    .map(|(pattern, body)| (pattern.clone(), old_way(body, before, met)))
                    .collect(),
            }),
            Shape::Loop { head, body } => old.push(Shape::Loop {
                head: head.clone(),
                body: old_way(body, before, met),
            }),
            Shape::Together { what, branches } => old.push(Shape::Together {
                what: what.clone(),
                branches: branches
                    .iter()
                    .map(|branch| old_way(branch, before, met))
                    .collect(),
            }),
            other => old.push(other.clone()),
        }
    }
    old
}

/// Whether something in a flow branches on this condition.
fn asks(nodes: &[Shape], condition: &str) -> bool {
    nodes.iter().any(|node| match node {
        Shape::Branch { on, ways } => {
            on == condition || ways.iter().any(|(_, body)| asks(body, condition))
        }
        Shape::Loop { body, .. } => asks(body, condition),
        Shape::Together { branches, .. } => branches.iter().any(|branch| asks(branch, condition)),
        Shape::Call { .. } | Shape::Opaque { .. } => false,
    })
}
