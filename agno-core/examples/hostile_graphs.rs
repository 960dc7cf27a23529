//! Draws graphs whose labels mean something to Mermaid, to Markdown, to HTML and to XML, for parsers
//! that others wrote to read: `hostile_graphs FOLDER` writes `*.mmd` and `*.svg`.

use std::{env, fs, io, panic::Location, path::PathBuf};

use agno_core::graph::{Arm, At, FlowGraph, Graph, GraphFormat, Node, RunPath, render};

const AT: At = Location::caller();

/// A graph that has one text wherever a graph has text.
fn graph_of(text: &'static str) -> &'static Graph {
    let leaves: &'static [Node] = leak([
        Node::Step { name: text, at: AT },
        Node::Workflow { name: text, at: AT },
        Node::Sleep {
            duration: text,
            at: AT,
        },
        Node::Human { kind: text, at: AT },
        Node::Opaque { text },
    ]);
    let branches: &'static [&'static [Node]] = leak([leaves, leaves]);
    let nodes: &'static [Node] = leak([
        Node::If {
            condition: text,
            then: leaves,
            otherwise: &[],
        },
        Node::Match {
            on: text,
            arms: leak([
                Arm {
                    pattern: text,
                    body: leaves,
                },
                Arm {
                    pattern: text,
                    body: &[],
                },
            ]),
        },
        Node::Loop {
            head: text,
            body: leaves,
        },
        Node::Map {
            over: text,
            body: leaves,
            at: AT,
        },
        Node::Parallel { branches, at: AT },
        Node::Race { branches, at: AT },
        Node::Subflow { name: text, at: AT },
        Node::End { text },
    ]);
    let flows = leak([
        FlowGraph { name: "run", nodes },
        FlowGraph {
            name: text,
            nodes: leaves,
        },
    ]);
    leak([Graph { flows }]).first().unwrap_or(&Graph::EMPTY)
}

fn leak<T, const N: usize>(items: [T; N]) -> &'static [T] {
    Box::leak(Box::new(items))
}

const TEXTS: [&str; 34] = [
    "",
    " ",
    "end",
    "End\nend\nsubgraph x",
    "graph",
    "flowchart TD",
    "class",
    "style",
    "click n0 \"https://example.org\"",
    "linkStyle 0 stroke:red",
    "classDef done fill:#000",
    ":::done",
    "\"",
    "\\\"] --> n0",
    "a\"]:::x --> n9[\"b",
    "`**bold** _it_`",
    "1. list",
    "- list",
    "[(x)] [[x]] [/x/] {x} {{x}} ((x)) >x]",
    "|x| -- x --> -.-> ==> --x --o o-- <-->",
    "a; b; c %% comment",
    "%%{init: {\"theme\": \"dark\"}}%%",
    "---\ntitle: x\n---",
    "@{ shape: rect, label: \"x\" }",
    "#quot; #35; &quot; &#35; &amp;lt;",
    "<b>x</b><br/><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "]]> <!-- x --> <![CDATA[ x",
    "$$x^2$$ fa:fa-car",
    "javascript:alert(1) https://example.org/",
    "\u{0}\u{1b}[31m\u{7}\u{202e}\u{200b}\u{feff}\u{fffe}\u{ffff}\u{2028}",
    "größer ≥ 三 🦀 👩‍👩‍👧 a\u{301}",
    "if let Some(Ok(value)) = flow.find(\"a\\n\", &|x: &'static str| -> Vec<u8> { x.into() }).await? && r#\"x\"# != '\\''",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
];

fn main() -> io::Result<()> {
    let folder = env::args_os().nth(1).map(PathBuf::from);
    let folder = folder.ok_or_else(|| io::Error::other("usage: hostile_graphs FOLDER"))?;
    fs::create_dir_all(&folder)?;
    for (number, text) in TEXTS.into_iter().enumerate() {
        let graph = graph_of(text);
        let run = RunPath::of_active(&[], [text]);
        for (which, path) in [("plain", RunPath::default()), ("run", run)] {
            for (format, ending) in [(GraphFormat::Mermaid, "mmd"), (GraphFormat::Svg, "svg")] {
                let file = folder.join(format!("{number:02}-{which}.{ending}"));
                fs::write(file, render(graph, &path, format))?;
            }
        }
    }
    Ok(())
}
