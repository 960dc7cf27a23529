//! Blocks as SVG.

use std::fmt::Write as _;

use super::block::{Block, Outline, Shape};
use crate::graph::tally::{COLOURS, Status};

const MARGIN: f64 = 16.0;

/// The whole picture. Nodes carry their own fill, so that it stands on a light and on a dark page.
pub(super) fn document(title: &str, block: &Block) -> String {
    let (w, h) = (block.w + 2.0 * MARGIN, block.h + 2.0 * MARGIN);
    let title = escape(title);
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w:.0}\" height=\"{h:.0}\" \
         viewBox=\"0 0 {w:.0} {h:.0}\" role=\"img\">\n\
         <title>{title}</title>\n\
         <style>\n\
         text {{ font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, \"DejaVu Sans Mono\", monospace; fill: #1f2328 }}\n\
         .note {{ fill: #6e7781; font-size: 12px }}\n\
         .node {{ fill: #f6f8fa; stroke: #57606a; stroke-width: 1.2 }}\n\
         .frame {{ fill: #8b949e; fill-opacity: .07; stroke: #8b949e }}\n\
         .frame.dim {{ stroke-dasharray: 4 3 }}\n\
         .line {{ fill: none; stroke: #8b949e; stroke-width: 1.4 }}\n\
         .head {{ fill: #8b949e }}\n\
         .open {{ stroke-dasharray: 4 3 }}\n"
    );
    for (class, fill, stroke, text) in COLOURS {
        let _ = writeln!(
            out,
            ".node.{class} {{ fill: {fill}; stroke: {stroke} }} text.{class} {{ fill: {text} }}"
        );
    }
    out.push_str("</style>\n");
    let _ = writeln!(out, "<g transform=\"translate({MARGIN} {MARGIN})\">");
    for shape in &block.shapes {
        paint(&mut out, shape);
    }
    out.push_str("</g>\n</svg>\n");
    out
}

fn paint(out: &mut String, shape: &Shape) {
    match shape {
        Shape::Outline {
            outline,
            status,
            x,
            y,
            w,
            h,
        } => paint_outline(out, *outline, *status, (*x, *y, *w, *h)),
        Shape::Text { x, y, text, status } => {
            let class = status.class().unwrap_or("plain");
            let text = escape(text);
            let _ = writeln!(
                out,
                "<text class=\"{class}\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{text}</text>",
                y + 4.5
            );
        }
        Shape::Note { x, y, text } => {
            let text = escape(text);
            let _ = writeln!(
                out,
                "<text class=\"note\" x=\"{x:.1}\" y=\"{y:.1}\">{text}</text>"
            );
        }
        Shape::Line { points, arrow } => {
            let path = path(points);
            let _ = writeln!(out, "<path class=\"line\" d=\"{path}\"/>");
            if let (true, Some((x, y))) = (arrow, points.last()) {
                let head = path_of_head(*x, *y);
                let _ = writeln!(out, "<path class=\"head\" d=\"{head}\"/>");
            }
        }
    }
}

fn paint_outline(
    out: &mut String,
    outline: Outline,
    status: Status,
    (x, y, w, h): (f64, f64, f64, f64),
) {
    let mut class = match outline {
        Outline::Frame => "frame".to_owned(),
        Outline::Dashed => "node open".to_owned(),
        _ => "node".to_owned(),
    };
    if let Some(status) = status.class() {
        class.push(' ');
        class.push_str(status);
    }
    let polygon =
        |points: &[(f64, f64)]| format!("<path class=\"{class}\" d=\"{}Z\"/>", path(points));
    let rect = |x: f64, y: f64, w: f64, h: f64, r: f64| {
        format!(
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{h:.1}\" rx=\"{r:.0}\"/>"
        )
    };
    let (middle, slant) = (y + h / 2.0, 16.0);
    let painted = match outline {
        Outline::Box | Outline::Dashed => rect(x, y, w, h, 4.0),
        Outline::Frame => rect(x, y, w, h, 8.0),
        Outline::Pill => rect(x, y, w, h, h / 2.0),
        Outline::DoubleBox => {
            let inner = rect(x + 4.0, y, w - 8.0, h, 0.0);
            format!("{}\n{inner}", rect(x, y, w, h, 2.0))
        }
        Outline::Decision => polygon(&[
            (x, middle),
            (x + slant, y),
            (x + w - slant, y),
            (x + w, middle),
            (x + w - slant, y + h),
            (x + slant, y + h),
        ]),
        Outline::Slanted => polygon(&[
            (x + slant, y),
            (x + w, y),
            (x + w - slant, y + h),
            (x, y + h),
        ]),
    };
    out.push_str(&painted);
    out.push('\n');
}

fn path(points: &[(f64, f64)]) -> String {
    let mut out = String::new();
    for (index, (x, y)) in points.iter().enumerate() {
        let command = if index == 0 { 'M' } else { 'L' };
        let _ = write!(out, "{command}{x:.1} {y:.1}");
    }
    out
}

/// A head that points down: every arrow here ends so.
fn path_of_head(x: f64, y: f64) -> String {
    let (left, right, top) = (x - 4.0, x + 4.0, y - 7.0);
    format!("M{x:.1} {y:.1}L{left:.1} {top:.1}L{right:.1} {top:.1}Z")
}

/// Source text is not markup. Control characters are gone already; XML forbids the rest of them.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(c),
        }
    }
    out
}
