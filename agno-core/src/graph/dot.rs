//! A graph for Graphviz.

use std::fmt::Write as _;

use super::chart::{Chart, Item, Outline};
use super::model::Graph;
use super::path::RunPath;
use super::tally::{COLOURS, Status};

pub(super) fn render(graph: &Graph, path: &RunPath) -> String {
    let chart = Chart::new(graph, path);
    let mut out = String::from(
        "digraph workflow {\n    \
         graph [fontname=\"sans-serif\", compound=true, color=\"#8b949e\", fontcolor=\"#6e7781\"];\n    \
         node [fontname=\"sans-serif\", shape=box, style=\"filled\", fillcolor=\"#f6f8fa\", color=\"#57606a\", fontcolor=\"#1f2328\"];\n    \
         edge [fontname=\"sans-serif\", fontsize=11, color=\"#8b949e\", fontcolor=\"#6e7781\"];\n",
    );
    write_items(&mut out, &chart.items, 1);
    for edge in &chart.edges {
        let mut attributes = Vec::new();
        if let Some(text) = &edge.text {
            attributes.push(format!("label=\"{}\"", escape(text)));
        }
        if edge.back {
            // The arrow back must not pull the head below the body.
            attributes.push("style=dashed, constraint=false".to_owned());
        }
        let attributes = match attributes.is_empty() {
            true => String::new(),
            false => format!(" [{}]", attributes.join(", ")),
        };
        line(
            &mut out,
            1,
            format_args!("n{} -> n{}{attributes};", edge.from, edge.to),
        );
    }
    out.push_str("}\n");
    out
}

fn line(out: &mut String, depth: usize, text: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{:indent$}{text}", "", indent = depth * 4);
}

fn write_items(out: &mut String, items: &[Item], depth: usize) {
    for item in items {
        match item {
            Item::Node {
                id,
                outline,
                text,
                status,
            } => {
                let (text, shape, colour) = (escape(text), shape(*outline), colour(*status));
                line(
                    out,
                    depth,
                    format_args!("n{id} [label=\"{text}\"{shape}{colour}];"),
                );
            }
            Item::Frame {
                id,
                text,
                items,
                dim,
            } => {
                let dashed = if *dim { "dashed" } else { "rounded" };
                line(out, depth, format_args!("subgraph cluster_{id} {{"));
                line(
                    out,
                    depth + 1,
                    format_args!("label=\"{}\"; labeljust=l; style={dashed};", escape(text)),
                );
                write_items(out, items, depth + 1);
                line(out, depth, format_args!("}}"));
            }
        }
    }
}

const fn shape(outline: Outline) -> &'static str {
    match outline {
        Outline::Box => "",
        Outline::DoubleBox => ", peripheries=2",
        Outline::Diamond => ", shape=diamond",
        Outline::Hexagon => ", shape=hexagon",
        Outline::Round => ", style=\"filled,rounded\"",
        Outline::Slanted => ", shape=parallelogram",
        Outline::Dashed => ", style=\"filled,dashed\"",
    }
}

fn colour(status: Status) -> String {
    let class = status.class();
    COLOURS
        .iter()
        .find(|(name, ..)| Some(*name) == class)
        .map(|(_, fill, stroke, text)| {
            format!(", fillcolor=\"{fill}\", color=\"{stroke}\", fontcolor=\"{text}\"")
        })
        .unwrap_or_default()
}

/// In a quoted string of Graphviz, a backslash begins an escape of its own (`\l`, `\N`) and an ampersand
/// an entity.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '&' => out.push_str("&amp;"),
            _ => out.push(c),
        }
    }
    out
}
