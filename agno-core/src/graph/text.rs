//! A graph as a tree of lines.

use super::model::{Graph, Node};
use super::path::RunPath;
use super::shape::{Drawing, Leaf, label};

/// One line of the tree and what hangs below it.
struct Entry {
    text: String,
    below: Vec<Entry>,
}

pub(super) fn render(graph: &Graph, path: &RunPath) -> String {
    let Some(entry) = graph.entry() else {
        return "(no flow)\n".to_owned();
    };
    let mut drawing = Drawing::new(graph, path);
    let mut out = String::new();
    let mut flow = Some(entry);
    while let Some(drawn) = flow {
        out.push_str(&label(drawn.name));
        out.push('\n');
        write(&mut out, "", &entries(&mut drawing, drawn.nodes));
        flow = drawing.next_undrawn();
    }
    if path.is_shown() {
        out.push_str(
            "\n✔ completed   ✘ failed   ▶ running   ☝ waits for a person   ○ not reached\n",
        );
    }
    out
}

fn write(out: &mut String, indent: &str, entries: &[Entry]) {
    for (index, entry) in entries.iter().enumerate() {
        let last = index + 1 == entries.len();
        out.push_str(indent);
        out.push_str(if last { "└─ " } else { "├─ " });
        out.push_str(&entry.text);
        out.push('\n');
        let indent = format!("{indent}{}", if last { "   " } else { "│  " });
        write(out, &indent, &entry.below);
    }
}

fn entries(drawing: &mut Drawing<'_>, nodes: &'static [Node]) -> Vec<Entry> {
    nodes
        .iter()
        .flat_map(|node| of_node(drawing, node))
        .collect()
}

/// The lines of one node; an `if` has one for each of its branches.
fn of_node(drawing: &mut Drawing<'_>, node: &'static Node) -> Vec<Entry> {
    let missed =
        |drawing: &Drawing<'_>, text: String, nodes: &[Node]| match drawing.path.misses(nodes) {
            true => format!("{text}  ○"),
            false => text,
        };
    match node {
        Node::If {
            condition,
            then,
            otherwise,
        } => {
            let text = missed(drawing, format!("if {}", label(condition)), then);
            let mut lines = vec![Entry {
                text,
                below: entries(drawing, then),
            }];
            match otherwise {
                [] => {}
                [next @ Node::If { .. }] => {
                    let mut rest = of_node(drawing, next);
                    if let Some(first) = rest.first_mut() {
                        first.text.insert_str(0, "else ");
                    }
                    lines.extend(rest);
                }
                _ => lines.push(Entry {
                    text: missed(drawing, "else".to_owned(), otherwise),
                    below: entries(drawing, otherwise),
                }),
            }
            lines
        }
        Node::Match { on, arms } => vec![Entry {
            text: format!("match {}", label(on)),
            below: arms
                .iter()
                .map(|arm| Entry {
                    text: missed(drawing, format!("{} =>", label(arm.pattern)), arm.body),
                    below: entries(drawing, arm.body),
                })
                .collect(),
        }],
        Node::Loop { head, body } => vec![Entry {
            text: missed(drawing, format!("↻ {}", label(head)), body),
            below: entries(drawing, body),
        }],
        Node::Map { over, body, .. } => vec![Entry {
            text: missed(drawing, format!("map over {}", label(over)), body),
            below: entries(drawing, body),
        }],
        Node::Parallel { branches, .. } => vec![Entry {
            text: "parallel".to_owned(),
            below: of_branches(drawing, node, branches),
        }],
        Node::Race { branches, .. } => vec![Entry {
            text: "race, the first one wins".to_owned(),
            below: of_branches(drawing, node, branches),
        }],
        Node::Subflow { name, .. } => match drawing.first_call(name) {
            Some(flow) => vec![Entry {
                text: missed(drawing, format!("flow {}", label(name)), flow.nodes),
                below: entries(drawing, flow.nodes),
            }],
            None => vec![of_leaf(drawing, node)],
        },
        _ => vec![of_leaf(drawing, node)],
    }
}

fn of_branches(
    drawing: &mut Drawing<'_>,
    node: &Node,
    branches: &'static [&'static [Node]],
) -> Vec<Entry> {
    let mut lines = Vec::new();
    for (index, branch) in branches.iter().enumerate() {
        let mut below = entries(drawing, branch);
        // A branch of one line needs no line of its own.
        let mut line = match (below.len(), below.pop()) {
            (1, Some(only)) => only,
            (_, last) => {
                below.extend(last);
                Entry {
                    text: format!("branch {}", index + 1),
                    below,
                }
            }
        };
        if let Some(won) = drawing.path.won(node, index) {
            line.text = format!("{}  ★ {won}", line.text);
        }
        lines.push(line);
    }
    lines
}

fn of_leaf(drawing: &Drawing<'_>, node: &Node) -> Entry {
    let text = match drawing.leaf(node, false) {
        Some(view) => {
            let sign = match view.kind {
                Leaf::End => "⏹ ",
                Leaf::Sleep => "⏲ ",
                Leaf::Human => "☝ ",
                _ => "",
            };
            let mark = view.mark.map(|mark| format!("  {mark}"));
            format!("{sign}{}{}", view.text, mark.unwrap_or_default())
        }
        None => String::new(),
    };
    Entry {
        text,
        below: Vec::new(),
    }
}
