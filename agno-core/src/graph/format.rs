//! The formats that a graph can be drawn in.

use std::fmt;
use std::str::FromStr;

use super::model::Graph;
use super::path::RunPath;
use super::{dot, json, mermaid, svg, text};

/// How a graph is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum GraphFormat {
    /// A tree of lines, for a terminal.
    #[default]
    Text,
    /// A Mermaid flowchart, for a README.
    Mermaid,
    /// Graphviz.
    Dot,
    /// The tree itself, for programs.
    Json,
    /// A picture without scripts or links.
    Svg,
}

impl GraphFormat {
    /// Every format.
    pub const ALL: [Self; 5] = [Self::Text, Self::Mermaid, Self::Dot, Self::Json, Self::Svg];

    /// Its name, as a user writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Mermaid => "mermaid",
            Self::Dot => "dot",
            Self::Json => "json",
            Self::Svg => "svg",
        }
    }
}

impl fmt::Display for GraphFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for GraphFormat {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|format| format.name().eq_ignore_ascii_case(name.trim()))
            .ok_or_else(|| UnknownFormat {
                name: crate::schema::printable(name, 40),
            })
    }
}

/// A format that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown graph format `{name}`: use text, mermaid, dot, json or svg")]
pub struct UnknownFormat {
    name: String,
}

/// Draws `graph`. With the default of `path` it is the workflow; otherwise it is what a run did of it:
/// operations carry their counts, and what the run did not reach is dimmed.
pub fn render(graph: &Graph, path: &RunPath, format: GraphFormat) -> String {
    let path = &path.on(graph);
    match format {
        GraphFormat::Text => text::render(graph, path),
        GraphFormat::Mermaid => mermaid::render(graph, path),
        GraphFormat::Dot => dot::render(graph, path),
        GraphFormat::Json => json::render(graph, path),
        GraphFormat::Svg => svg::render(graph, path),
    }
}
