//! Answers on a terminal: panel, Markdown, time. Nothing is printed unless a [`Printer`] is asked
//! to.
//!
//! What models and tools write is untrusted: it is [cleaned](clean()) before and after its Markdown is
//! read, and the only escapes that reach a terminal are those of the styles chosen here.

mod blocks;
mod calls;
mod clean;
mod markdown;
mod panel;
mod prefix;
mod printer;
mod screen;
mod style;
mod table;
mod wrap;

use std::{env, io::IsTerminal, time::Duration};

pub use self::{clean::clean, printer::Printer};
use crate::usage::Usage;

/// The narrowest that anything is laid out for.
const NARROWEST: usize = 20;
/// Longer lines are hard to read.
const WIDEST: usize = 120;

/// What a [`Printer`] prints on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrinterOptions {
    /// Columns; at least 20. Default: 80.
    pub width: usize,
    /// Whether styles are shown. Default: no.
    pub colour: bool,
    /// Whether it is a terminal: panels, and a line that changes. Default: no, plain text.
    pub terminal: bool,
}

impl Default for PrinterOptions {
    fn default() -> Self {
        Self {
            width: 80,
            colour: false,
            terminal: false,
        }
    }
}

impl PrinterOptions {
    /// What standard output is: its width, up to 120 columns, and whether it is a terminal. With
    /// `NO_COLOR` set (<https://no-color.org>) it has no styles; `TERM=dumb` gets plain text.
    pub fn stdout() -> Self {
        let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        let terminal = std::io::stdout().is_terminal() && !dumb;
        let no_colour = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let size = console::Term::stdout().size_checked();
        // A terminal that does not know its size says 0.
        let width = size.map(|(_, columns)| usize::from(columns));
        let width = width.filter(|columns| *columns > 0).unwrap_or(80);
        Self {
            width: width.min(WIDEST),
            colour: terminal && !no_colour,
            terminal,
        }
    }
}

/// Markdown as it is shown on a terminal, cleaned, in lines of at most `options.width` columns
/// that each end with `\n`.
///
/// Headings, emphasis, lists with tasks, quotes, tables, code and rules are laid out; links and
/// images are written with their address; HTML is shown as text. Without `options.colour` there
/// are no styles, and headings and code keep their marks.
///
/// ```
/// use agno_agents::console::{PrinterOptions, markdown};
///
/// let text = "* one [two](https://example.com)";
/// let shown = markdown(text, &PrinterOptions::default());
/// assert_eq!(shown, "• one two (https://example.com)\n");
/// ```
pub fn markdown(text: &str, options: &PrinterOptions) -> String {
    let mut out = String::new();
    for line in markdown::lines(text, options.width.max(NARROWEST), !options.colour) {
        style::write(&line, options.colour, &mut out);
        out.push('\n');
    }
    out
}

/// `1.2s`
fn seconds(time: Duration) -> String {
    format!("{:.1}s", time.as_secs_f64())
}

/// `1204 tokens in, 310 out · cost 0.0012`
fn spent(usage: &Usage) -> String {
    let (input, output) = (usage.input_tokens, usage.output_tokens);
    let mut words = match usage.total_tokens() {
        0 => Vec::new(),
        _ => vec![format!("{input} tokens in, {output} out")],
    };
    words.extend(usage.cost.map(|cost| format!("cost {cost:.4}")));
    words.join(" · ")
}
