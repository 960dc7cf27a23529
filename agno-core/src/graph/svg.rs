//! A graph as a picture: no script, no link, no font or image from elsewhere.
//!
//! The picture is nested like the source: a sequence runs from top to bottom, what repeats or runs
//! together stands in a frame, and a decision has one column for each way.

mod block;
mod paint;

use super::model::{Graph, Node};
use super::path::RunPath;
use super::shape::{Drawing, Leaf, label};
use super::tally::Status;
use block::{Block, Outline};

pub(super) fn render(graph: &Graph, path: &RunPath) -> String {
    let mut artist = Artist {
        drawing: Drawing::new(graph, path),
    };
    let mut flows = Vec::new();
    let mut flow = graph.entry();
    while let Some(drawn) = flow {
        let start = Block::node(Outline::Pill, &label(drawn.name), None, Status::Plain);
        flows.push(Block::sequence(
            std::iter::once(start).chain(artist.blocks(drawn.nodes, false)),
        ));
        flow = artist.drawing.next_undrawn();
    }
    let title = graph.entry().map_or("workflow", |flow| flow.name);
    paint::document(&label(title), &Block::row(flows))
}

struct Artist<'a> {
    drawing: Drawing<'a>,
}

impl Artist<'_> {
    fn blocks(&mut self, nodes: &'static [Node], dim: bool) -> Vec<Block> {
        nodes.iter().map(|node| self.block(node, dim)).collect()
    }

    fn sequence(&mut self, nodes: &'static [Node], dim: bool) -> Block {
        Block::sequence(self.blocks(nodes, dim))
    }

    /// Nodes are dimmed together when the run passed all of them by.
    fn part(&mut self, nodes: &'static [Node], dim: bool) -> (Block, bool) {
        let dim = dim || self.drawing.path.misses(nodes);
        (self.sequence(nodes, dim), dim)
    }

    fn block(&mut self, node: &'static Node, dim: bool) -> Block {
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
                let head = Block::node(
                    Outline::Decision,
                    &format!("if {}", label(condition)),
                    None,
                    status,
                );
                let ways = vec![
                    ("yes".to_owned(), self.part(then, dim).0),
                    ("no".to_owned(), self.part(otherwise, dim).0),
                ];
                Block::decision(head, ways)
            }
            Node::Match { on, arms } => {
                let head = Block::node(
                    Outline::Decision,
                    &format!("match {}", label(on)),
                    None,
                    status,
                );
                let ways = arms
                    .iter()
                    .map(|arm| (label(arm.pattern), self.part(arm.body, dim).0))
                    .collect();
                Block::decision(head, ways)
            }
            Node::Loop { head, body } => {
                let (body, dim) = self.part(body, dim);
                // What ends the body of a loop need not end the flow.
                Block::frame(&format!("↻ {}", label(head)), body, dim).going_on()
            }
            Node::Map { over, body, .. } => {
                let (body, dim) = self.part(body, dim);
                Block::frame(&format!("map over {}", label(over)), body, dim).going_on()
            }
            Node::Parallel { branches, .. } | Node::Race { branches, .. } => {
                self.branches(node, branches, dim)
            }
            Node::Subflow { name, .. } => match self.drawing.first_call(name) {
                Some(flow) => {
                    let (body, dim) = self.part(flow.nodes, dim);
                    Block::frame(&format!("flow {}", label(name)), body, dim).going_on()
                }
                None => self.leaf(node, dim),
            },
            _ => self.leaf(node, dim),
        }
    }

    fn branches(&mut self, node: &Node, branches: &'static [&'static [Node]], dim: bool) -> Block {
        let title = match node {
            Node::Race { .. } => "race, the first one wins",
            _ => "parallel",
        };
        let mut columns = Vec::new();
        for (index, branch) in branches.iter().enumerate() {
            let (column, _) = self.part(branch, dim);
            let won = self.drawing.path.won(node, index).unwrap_or_default();
            // Room above all of them, so that they begin at one height.
            columns.push(match self.drawing.path.winners(node) {
                Some(_) => Block::noted(&won, column),
                None => column,
            });
        }
        Block::frame(title, Block::row(columns), dim).going_on()
    }

    fn leaf(&self, node: &Node, dim: bool) -> Block {
        let Some(view) = self.drawing.leaf(node, dim) else {
            return Block::empty();
        };
        let outline = match view.kind {
            Leaf::Step => Outline::Box,
            Leaf::Subflow | Leaf::Workflow => Outline::DoubleBox,
            Leaf::Sleep | Leaf::End => Outline::Pill,
            Leaf::Human => Outline::Slanted,
            Leaf::Opaque => Outline::Dashed,
        };
        let block = Block::node(outline, &view.text, view.mark.as_deref(), view.status);
        match view.kind {
            Leaf::End => block.ending(),
            _ => block,
        }
    }
}
