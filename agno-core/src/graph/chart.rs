//! A graph as boxes, frames and arrows: what Mermaid and Graphviz both want.

use super::model::{Graph, Node};
use super::path::RunPath;
use super::shape::{Drawing, Leaf, label};
use super::tally::Status;

/// The outline of a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outline {
    /// A step.
    Box,
    /// Another flow or workflow.
    DoubleBox,
    /// A decision.
    Diamond,
    /// The head of a loop, of a map or of branches.
    Hexagon,
    /// A beginning, an end, a timer.
    Round,
    /// A person.
    Slanted,
    /// What could not be read.
    Dashed,
}

/// A box, or a frame around others.
pub(super) enum Item {
    Node {
        id: usize,
        outline: Outline,
        text: String,
        status: Status,
    },
    Frame {
        id: usize,
        text: String,
        items: Vec<Item>,
        dim: bool,
    },
}

/// An arrow between two boxes.
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) text: Option<String>,
    /// Back to the head of a loop.
    pub(super) back: bool,
}

pub(super) struct Chart {
    pub(super) items: Vec<Item>,
    pub(super) edges: Vec<Edge>,
}

/// An arrow whose target is not known yet.
#[derive(Clone)]
struct Exit {
    from: usize,
    text: Option<String>,
}

impl Exit {
    fn of(from: usize, text: &str) -> Self {
        Self {
            from,
            text: Some(text.to_owned()),
        }
    }
}

impl Chart {
    pub(super) fn new(graph: &Graph, path: &RunPath) -> Self {
        let mut builder = Builder {
            drawing: Drawing::new(graph, path),
            edges: Vec::new(),
            returns: Vec::new(),
            next: 0,
        };
        let mut items = Vec::new();
        let mut flow = graph.entry();
        while let Some(drawn) = flow {
            let mut exits = Vec::new();
            let start = builder.node(&mut items, &exits, Outline::Round, label(drawn.name));
            exits.push(Exit {
                from: start,
                text: None,
            });
            builder.sequence(&mut items, exits, drawn.nodes, false);
            flow = builder.drawing.next_undrawn();
        }
        Self {
            items,
            edges: builder.edges,
        }
    }
}

struct Builder<'a> {
    drawing: Drawing<'a>,
    edges: Vec<Edge>,
    /// One level per sub-flow or closure that is being drawn: what `return` leaves it with.
    returns: Vec<Vec<Exit>>,
    next: usize,
}

impl Builder<'_> {
    fn id(&mut self) -> usize {
        self.next += 1;
        self.next - 1
    }

    fn connect(&mut self, exits: &[Exit], to: usize, back: bool) {
        for exit in exits {
            self.edges.push(Edge {
                from: exit.from,
                to,
                text: exit.text.clone(),
                back,
            });
        }
    }

    fn node(
        &mut self,
        items: &mut Vec<Item>,
        exits: &[Exit],
        outline: Outline,
        text: String,
    ) -> usize {
        self.marked(items, exits, outline, text, Status::Plain)
    }

    fn marked(
        &mut self,
        items: &mut Vec<Item>,
        exits: &[Exit],
        outline: Outline,
        text: String,
        status: Status,
    ) -> usize {
        let id = self.id();
        self.connect(exits, id, false);
        items.push(Item::Node {
            id,
            outline,
            text,
            status,
        });
        id
    }

    /// Draws `nodes` one after the other and returns the arrows that leave the last one.
    fn sequence(
        &mut self,
        items: &mut Vec<Item>,
        mut exits: Vec<Exit>,
        nodes: &'static [Node],
        dim: bool,
    ) -> Vec<Exit> {
        for node in nodes {
            exits = self.one(items, exits, node, dim);
        }
        exits
    }

    /// Like [`Self::sequence`], for what `return` leaves and not more.
    fn called(
        &mut self,
        items: &mut Vec<Item>,
        exits: Vec<Exit>,
        nodes: &'static [Node],
        dim: bool,
    ) -> Vec<Exit> {
        self.returns.push(Vec::new());
        let mut out = self.sequence(items, exits, nodes, dim);
        out.extend(self.returns.pop().unwrap_or_default());
        out
    }

    /// A branch is dimmed as a whole when the run passed it by.
    fn branch(
        &mut self,
        items: &mut Vec<Item>,
        exit: Exit,
        nodes: &'static [Node],
        dim: bool,
    ) -> Vec<Exit> {
        let dim = dim || self.drawing.path.misses(nodes);
        self.sequence(items, vec![exit], nodes, dim)
    }

    fn one(
        &mut self,
        items: &mut Vec<Item>,
        exits: Vec<Exit>,
        node: &'static Node,
        dim: bool,
    ) -> Vec<Exit> {
        let status = if dim {
            Status::NotReached
        } else {
            Status::Plain
        };
        match node {
            Node::If {
                condition,
                then,
                otherwise,
            } => {
                let text = format!("if {}", label(condition));
                let id = self.marked(items, &exits, Outline::Diamond, text, status);
                let mut out = self.branch(items, Exit::of(id, "yes"), then, dim);
                out.extend(self.branch(items, Exit::of(id, "no"), otherwise, dim));
                out
            }
            Node::Match { on, arms } => {
                let text = format!("match {}", label(on));
                let id = self.marked(items, &exits, Outline::Diamond, text, status);
                if arms.is_empty() {
                    return vec![Exit {
                        from: id,
                        text: None,
                    }];
                }
                arms.iter()
                    .flat_map(|arm| {
                        self.branch(items, Exit::of(id, &label(arm.pattern)), arm.body, dim)
                    })
                    .collect()
            }
            Node::Loop { head, body } => {
                let text = label(head);
                self.frame(
                    items,
                    "loop".to_owned(),
                    body,
                    dim,
                    |builder, items, dim| {
                        let status = if dim { Status::NotReached } else { status };
                        let id = builder.marked(items, &exits, Outline::Hexagon, text, status);
                        let ends = builder.sequence(items, vec![Exit::of(id, "next")], body, dim);
                        // A loop without calls in it needs no arrow back to itself.
                        let ends: Vec<Exit> =
                            ends.into_iter().filter(|end| end.from != id).collect();
                        builder.connect(&ends, id, true);
                        vec![Exit::of(id, "done")]
                    },
                )
            }
            Node::Map { over, body, .. } => {
                let text = format!("each of {}", label(over));
                self.frame(items, "map".to_owned(), body, dim, |builder, items, dim| {
                    let status = if dim { Status::NotReached } else { status };
                    let from = builder.marked(items, &exits, Outline::Hexagon, text, status);
                    builder.called(items, vec![Exit { from, text: None }], body, dim)
                })
            }
            Node::Parallel { branches, .. } | Node::Race { branches, .. } => {
                self.branches(items, &exits, node, branches, dim)
            }
            Node::Subflow { name, .. } => match self.drawing.first_call(name) {
                Some(flow) if !flow.nodes.is_empty() => {
                    let text = format!("flow {}", label(name));
                    self.frame(items, text, flow.nodes, dim, |builder, items, dim| {
                        builder.called(items, exits, flow.nodes, dim)
                    })
                }
                _ => self.leaf(items, &exits, node, dim),
            },
            _ => self.leaf(items, &exits, node, dim),
        }
    }

    fn leaf(&mut self, items: &mut Vec<Item>, exits: &[Exit], node: &Node, dim: bool) -> Vec<Exit> {
        let Some(view) = self.drawing.leaf(node, dim) else {
            return exits.to_vec();
        };
        let outline = match view.kind {
            Leaf::Step => Outline::Box,
            Leaf::Subflow | Leaf::Workflow => Outline::DoubleBox,
            Leaf::Sleep | Leaf::End => Outline::Round,
            Leaf::Human => Outline::Slanted,
            Leaf::Opaque => Outline::Dashed,
        };
        let text = match view.mark {
            Some(mark) => format!("{} {mark}", view.text),
            None => view.text,
        };
        let from = self.marked(items, exits, outline, text, view.status);
        let exit = Exit { from, text: None };
        match node {
            Node::End { text } => {
                let fails = !text.starts_with("return") || text.contains("Err(");
                if let (false, Some(level)) = (fails, self.returns.last_mut()) {
                    level.push(exit);
                }
                Vec::new()
            }
            _ => vec![exit],
        }
    }

    fn frame(
        &mut self,
        items: &mut Vec<Item>,
        text: String,
        body: &'static [Node],
        dim: bool,
        draw: impl FnOnce(&mut Self, &mut Vec<Item>, bool) -> Vec<Exit>,
    ) -> Vec<Exit> {
        let id = self.id();
        let dim = dim || self.drawing.path.misses(body);
        let mut inner = Vec::new();
        let exits = draw(self, &mut inner, dim);
        items.push(Item::Frame {
            id,
            text,
            items: inner,
            dim,
        });
        exits
    }

    fn branches(
        &mut self,
        items: &mut Vec<Item>,
        exits: &[Exit],
        node: &'static Node,
        branches: &'static [&'static [Node]],
        dim: bool,
    ) -> Vec<Exit> {
        let status = if dim {
            Status::NotReached
        } else {
            Status::Plain
        };
        let (frame, head) = match node {
            Node::Race { .. } => ("race", "first of"),
            _ => ("parallel", "all of"),
        };
        let text = format!("{head} {}", branches.len());
        self.frame(items, frame.to_owned(), &[], dim, |builder, items, dim| {
            let from = builder.marked(items, exits, Outline::Hexagon, text, status);
            if branches.is_empty() {
                return vec![Exit { from, text: None }];
            }
            let mut out = Vec::new();
            for (index, branch) in branches.iter().enumerate() {
                let text = builder.drawing.path.won(node, index);
                out.extend(builder.branch(items, Exit { from, text }, branch, dim));
            }
            out
        })
    }
}
