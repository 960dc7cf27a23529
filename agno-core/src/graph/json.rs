//! A graph as JSON.

use serde_json::{Value, json};

use super::model::{At, Graph, Node};
use super::path::RunPath;

pub(super) fn render(graph: &Graph, path: &RunPath) -> String {
    let flows: Vec<Value> = graph
        .flows
        .iter()
        .map(|flow| json!({ "name": flow.name, "nodes": of_nodes(flow.nodes, path) }))
        .collect();
    let document = json!({ "entry": graph.entry().map(|flow| flow.name), "flows": flows });
    // The alternate form is the indented one.
    format!("{document:#}\n")
}

fn of_nodes(nodes: &[Node], path: &RunPath) -> Vec<Value> {
    nodes.iter().map(|node| of_node(node, path)).collect()
}

fn of_branches(branches: &[&[Node]], path: &RunPath) -> Vec<Value> {
    branches
        .iter()
        .map(|branch| of_nodes(branch, path).into())
        .collect()
}

fn of_node(node: &Node, path: &RunPath) -> Value {
    let mut value = plain(node, path);
    let is_container = matches!(
        node,
        Node::Parallel { .. } | Node::Map { .. } | Node::Race { .. }
    );
    if let Some(tally) = path.tally(node).filter(|_| !is_container) {
        value["tally"] = json!(tally);
    }
    value
}

/// A node without the counts of its own.
fn plain(node: &Node, path: &RunPath) -> Value {
    match node {
        Node::Step { name, at } => json!({ "kind": "step", "name": name, "at": place(at) }),
        Node::Subflow { name, at } => {
            json!({ "kind": "subflow", "name": name, "at": place(at) })
        }
        Node::Workflow { name, at } => {
            json!({ "kind": "workflow", "name": name, "at": place(at) })
        }
        Node::Sleep { duration, at } => {
            json!({ "kind": "sleep", "duration": duration, "at": place(at) })
        }
        Node::Human { kind, at } => {
            json!({ "kind": "human", "asks": kind, "at": place(at) })
        }
        Node::If {
            condition,
            then,
            otherwise,
        } => json!({
            "kind": "if",
            "condition": condition,
            "then": of_nodes(then, path),
            "otherwise": of_nodes(otherwise, path),
        }),
        Node::Match { on, arms } => {
            let arms: Vec<Value> = arms
                .iter()
                .map(|arm| json!({ "pattern": arm.pattern, "body": of_nodes(arm.body, path) }))
                .collect();
            json!({ "kind": "match", "on": on, "arms": arms })
        }
        Node::Loop { head, body } => {
            json!({ "kind": "loop", "head": head, "body": of_nodes(body, path) })
        }
        Node::Parallel { branches, at } => json!({
            "kind": "parallel",
            "branches": of_branches(branches, path),
            "at": place(at),
        }),
        Node::Map { over, body, at } => json!({
            "kind": "map",
            "over": over,
            "body": of_nodes(body, path),
            "at": place(at),
        }),
        Node::Race { branches, at } => {
            let mut race = json!({
                "kind": "race",
                "branches": of_branches(branches, path),
                "at": place(at),
            });
            if let Some(won) = path.winners(node) {
                let counts = (0..branches.len()).map(|branch| won.get(&branch).unwrap_or(&0));
                race["won"] = counts.copied().collect();
            }
            race
        }
        Node::End { text } => json!({ "kind": "end", "text": text }),
        Node::Opaque { text } => json!({ "kind": "opaque", "text": text }),
    }
}

fn place(at: At) -> String {
    at.to_string()
}
