//! A graph as a Mermaid flowchart.

use std::fmt::Write as _;

use super::chart::{Chart, Item, Outline};
use super::model::Graph;
use super::path::RunPath;
use super::tally::COLOURS;

pub(super) fn render(graph: &Graph, path: &RunPath) -> String {
    let chart = Chart::new(graph, path);
    let mut out = String::from("flowchart TD\n");
    write_items(&mut out, &chart.items, 1);
    for edge in &chart.edges {
        let arrow = if edge.back { "-.->" } else { "-->" };
        let text = match &edge.text {
            Some(text) => format!("|\"{}\"|", escape(text)),
            None => String::new(),
        };
        line(
            &mut out,
            1,
            format_args!("n{} {arrow}{text} n{}", edge.from, edge.to),
        );
    }
    if path.is_shown() {
        for (class, fill, stroke, text) in COLOURS {
            line(
                &mut out,
                1,
                format_args!("classDef {class} fill:{fill},stroke:{stroke},color:{text}"),
            );
        }
    }
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
                let (open, close) = brackets(*outline);
                let class = match status.class() {
                    Some(class) => format!(":::{class}"),
                    None => String::new(),
                };
                let text = escape(text);
                line(
                    out,
                    depth,
                    format_args!("n{id}{open}\"{text}\"{close}{class}"),
                );
                if *outline == Outline::Dashed {
                    line(out, depth, format_args!("style n{id} stroke-dasharray:4 3"));
                }
            }
            Item::Frame {
                id,
                text,
                items,
                dim,
            } => {
                line(
                    out,
                    depth,
                    format_args!("subgraph f{id}[\"{}\"]", escape(text)),
                );
                write_items(out, items, depth + 1);
                line(out, depth, format_args!("end"));
                if *dim {
                    line(out, depth, format_args!("class f{id} dim"));
                }
            }
        }
    }
}

const fn brackets(outline: Outline) -> (&'static str, &'static str) {
    match outline {
        Outline::Box | Outline::Dashed => ("[", "]"),
        Outline::DoubleBox => ("[[", "]]"),
        Outline::Diamond => ("{", "}"),
        Outline::Hexagon => ("{{", "}}"),
        Outline::Round => ("([", "])"),
        Outline::Slanted => ("[/", "/]"),
    }
}

/// Source text can hold anything that means something to Mermaid, to Markdown or to HTML, so only what
/// surely means nothing is left as it is.
fn escape(text: &str) -> String {
    if text.trim().is_empty() {
        // Mermaid takes no label without a character.
        return "#160;".to_owned();
    }
    let mut out = String::with_capacity(text.len());
    // `1. ` and `1) ` at the beginning of a text make a list of it.
    let mut may_be_list = true;
    for c in text.chars() {
        let is_plain = match c {
            '.' | ')' => !may_be_list,
            ' ' | '_' | ',' | ':' | '(' => true,
            _ => !c.is_ascii() || c.is_alphanumeric(),
        };
        if is_plain {
            out.push(c);
        } else {
            let _ = write!(out, "#{};", u32::from(c));
        }
        may_be_list &= c.is_ascii_digit();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn characters_that_mean_something_are_written_as_numbers() {
        for c in (0..128).filter_map(char::from_u32) {
            let escaped = escape(&format!("a{c}b"));
            let safe = c.is_ascii_alphanumeric() || " _.,:()".contains(c);
            let expected = match safe {
                true => format!("a{c}b"),
                false => format!("a#{};b", u32::from(c)),
            };
            assert_eq!(escaped, expected);
        }
    }

    #[test]
    fn what_would_make_a_list_or_no_label_does_not() {
        assert_eq!(escape("12. x. y"), "12#46; x. y");
        assert_eq!(escape("1) x"), "1#41; x");
        assert_eq!(escape(""), "#160;");
        assert_eq!(escape("größer \u{1f980}"), "größer \u{1f980}");
    }
}
