//! Printing an answer while an agent works on it.

use std::{
    io::{Stdout, Write},
    time::{Duration, Instant},
};

use agno_core::AgentEvent;

use super::{
    PrinterOptions,
    blocks::Blocks,
    calls::Calls,
    clean::{Cleaner, clean},
    markdown,
    panel::Panel,
    screen::Screen,
    seconds,
    style::{Colour, Line, Span, Style},
    wrap::wrap,
};
use crate::usage::Usage;

/// What is said while there is nothing else to say, as Agno does.
const WORKING: &str = "Working…";

/// Prints an answer while an agent works on it.
///
/// On a terminal, as Agno prints: the input in a panel, the tool calls in one, the answer's
/// Markdown in one with the time it took. Nothing that was printed is drawn again, so that it
/// stays in the scrollback: below it, one line says what is being done, and each block of the
/// answer is printed when it is finished. Elsewhere: the text alone, as it comes.
///
/// The text is [cleaned](super::clean()) first. A reader that goes away is no failure: nothing more
/// is printed then. Dropped before the [`finish`](Printer::finish), it prints what is left and
/// closes the panel.
///
/// ```
/// use std::time::Duration;
///
/// use agno_agents::console::{Printer, PrinterOptions};
///
/// let mut shown = Vec::new();
/// let options = PrinterOptions { terminal: true, width: 24, ..PrinterOptions::default() };
/// Printer::to(&mut shown, options).finish("*Yes*.", Duration::from_millis(1200), None);
/// assert_eq!(
///     String::from_utf8_lossy(&shown),
///     "╭─ Response (1.2s) ────╮\n\
///      │ Yes.                 │\n\
///      ╰──────────────────────╯\n",
/// );
/// ```
#[derive(Debug)]
pub struct Printer<W: Write = Stdout> {
    screen: Screen<W>,
    begun: Instant,
    title: String,
    /// Whose answer it is: who began first. The others help.
    speaker: Option<String>,
    /// What the speaker wrote in this turn, cleaned.
    turn: String,
    turn_is_over: bool,
    cleaner: Cleaner,
    blocks: Blocks,
    calls: Calls,
    doing: String,
    /// The answer's panel is begun and has so many lines.
    open: Option<usize>,
    /// In plain text: something was written.
    wrote: bool,
}

impl Printer<Stdout> {
    /// Prints on standard output, as suits it: see [`PrinterOptions::stdout`].
    pub fn stdout() -> Self {
        Self::to(std::io::stdout(), PrinterOptions::stdout())
    }
}

impl<W: Write> Printer<W> {
    /// Prints somewhere else.
    pub fn to(out: W, mut options: PrinterOptions) -> Self {
        options.width = options.width.max(super::NARROWEST);
        Self {
            screen: Screen::new(out, options),
            begun: Instant::now(),
            title: "Response".to_owned(),
            speaker: None,
            turn: String::new(),
            turn_is_over: false,
            cleaner: Cleaner::default(),
            blocks: Blocks::default(),
            calls: Calls::default(),
            doing: WORKING.to_owned(),
            open: None,
            wrote: false,
        }
    }

    /// Begins an answer: `title` is that of its panel (`Response` in Agno), `input` is what was
    /// asked, shown in a panel if it is not empty.
    pub fn start(&mut self, title: &str, input: &str) {
        self.reset();
        self.begun = Instant::now();
        self.title = super::clean::one_line(title, self.screen.options.width / 2);
        if !self.screen.options.terminal {
            return;
        }
        if !input.trim().is_empty() {
            let panel = self.panel(Colour::Cyan);
            let input = Span::new(clean(input.trim()), Style::PLAIN);
            self.print_panel(panel, "Message", wrap(&[input], panel.room()), "");
        }
        self.tick();
    }

    /// Takes what happened in `agent`.
    pub fn event(&mut self, agent: &str, what: &AgentEvent) {
        match what {
            AgentEvent::Started { .. } => {
                self.speaker.get_or_insert_with(|| agent.to_owned());
            }
            AgentEvent::Content { text } => {
                if self.is_speaker(agent) {
                    self.content(text);
                } else {
                    self.doing = format!("{agent} writes…");
                }
            }
            AgentEvent::Reset { reason } if self.is_speaker(agent) => {
                self.void(&format!("begins anew: {reason}"));
            }
            AgentEvent::Repair { problem } if self.is_speaker(agent) => {
                self.void(&format!("is asked again: {problem}"));
            }
            AgentEvent::Turn { .. } if self.is_speaker(agent) => {
                self.turn_is_over = true;
                self.settle();
                WORKING.clone_into(&mut self.doing);
            }
            AgentEvent::ToolStarted {
                tool,
                call,
                arguments,
            } => {
                if self.is_speaker(agent) {
                    self.close("");
                }
                let whose = match self.is_speaker(agent) {
                    true => String::new(),
                    false => format!("{agent}: "),
                };
                let words = format!("{whose}{tool}({arguments})");
                self.calls.begin(call, words);
            }
            AgentEvent::ToolCompleted { call, micros, .. } => {
                self.calls.end(call, Ok(Duration::from_micros(*micros)));
            }
            AgentEvent::ToolFailed { call, error, .. } => {
                self.calls.end(call, Err(error.message.clone()));
            }
            _ => {}
        }
        self.tick();
    }

    /// Time has passed: the line that says what is being done is drawn again. To be called about
    /// ten times a second while an agent works; on no terminal it does nothing.
    pub fn tick(&mut self) {
        // Looking for the last line takes longer than most pieces of an answer.
        if !self.screen.is_time() {
            return;
        }
        let line = match self.blocks.last_line() {
            "" => self.calls.running().unwrap_or(&self.doing),
            writing => writing,
        };
        self.screen.wait(line, self.begun);
    }

    /// The answer is there: prints what was not yet, the time it took, and the tokens if `usage`
    /// is known. A text that was not streamed, or is another than was, is printed whole.
    pub fn finish(&mut self, text: &str, elapsed: Duration, usage: Option<&Usage>) {
        self.end_of_text();
        let streamed = !self.turn.is_empty() && self.turn.trim() == clean(text).trim();
        let tokens = usage.map(super::spent).unwrap_or_default();
        if !self.screen.options.terminal {
            if self.wrote {
                self.screen.text("\n");
            }
            if !streamed {
                self.screen.text(clean(text).trim_end_matches('\n'));
                self.screen.text("\n");
            }
            self.reset();
            return;
        }
        self.settle();
        if streamed && self.open.is_some() {
            let mut note = vec![seconds(elapsed)];
            note.extend(Some(tokens).filter(|tokens| !tokens.is_empty()));
            self.close(&note.join(" · "));
        } else {
            self.close("");
            self.print_calls();
            let panel = self.panel(Colour::Blue);
            let lines = markdown::lines(text, panel.room(), !self.screen.options.colour);
            let title = format!("{} ({})", self.title, seconds(elapsed));
            self.print_panel(panel, &title, lines, &tokens);
        }
        self.reset();
    }

    fn reset(&mut self) {
        self.screen.erase();
        self.speaker = None;
        self.turn.clear();
        self.turn_is_over = false;
        self.blocks = Blocks::default();
        self.calls = Calls::default();
        WORKING.clone_into(&mut self.doing);
        self.open = None;
        self.wrote = false;
    }

    fn is_speaker(&mut self, agent: &str) -> bool {
        self.speaker.get_or_insert_with(|| agent.to_owned()) == agent
    }

    fn panel(&self, colour: Colour) -> Panel {
        let width = self.screen.options.width;
        Panel { width, colour }
    }

    /// A piece of the answer.
    fn content(&mut self, text: &str) {
        if std::mem::take(&mut self.turn_is_over) {
            self.turn.clear();
            if self.wrote {
                self.screen.text("\n\n");
            }
        }
        let mut cleaned = String::new();
        self.cleaner.push(text, &mut cleaned);
        self.shown(&cleaned);
    }

    /// A piece of the answer, cleaned.
    fn shown(&mut self, text: &str) {
        self.turn.push_str(text);
        if self.screen.options.terminal {
            if let Some(block) = self.blocks.push(text) {
                self.print(&block);
            }
        } else {
            self.wrote |= !text.is_empty();
            self.screen.text(text);
        }
    }

    /// Nothing more comes of this text.
    fn end_of_text(&mut self) {
        let mut rest = String::new();
        self.cleaner.end(&mut rest);
        if !rest.is_empty() {
            self.shown(&rest);
        }
    }

    /// Prints what is left of the answer, finished or not.
    fn settle(&mut self) {
        self.end_of_text();
        let rest = self.blocks.take();
        self.print(&rest);
    }

    /// Prints blocks of the answer in its panel.
    fn print(&mut self, block: &str) {
        if block.trim().is_empty() {
            return;
        }
        let panel = self.panel(Colour::Blue);
        let text = markdown::lines(block, panel.room(), !self.screen.options.colour);
        if text.is_empty() {
            return;
        }
        let mut lines = Vec::new();
        match self.open {
            Some(0) => {}
            Some(_) => lines.push(panel.row(Line::new())),
            None => {
                self.print_calls();
                lines.push(panel.top(&self.title));
            }
        }
        self.open = Some(self.open.unwrap_or(0) + text.len());
        lines.extend(text.into_iter().map(|line| panel.row(line)));
        self.screen.lines(lines);
    }

    /// What the speaker wrote in this turn does not count.
    fn void(&mut self, why: &str) {
        self.end_of_text();
        let began = self.open.is_some() || self.wrote;
        self.turn.clear();
        self.blocks.take();
        let why = super::clean::one_line(why, self.screen.options.width.saturating_sub(4));
        if !self.screen.options.terminal {
            if std::mem::take(&mut self.wrote) {
                self.screen.text(&format!("\n[{why}]\n"));
            }
        } else if began {
            let panel = self.panel(Colour::Blue);
            let line = vec![Span::new(why, Style::of(Colour::Yellow))];
            self.screen.lines([panel.row(Line::new()), panel.row(line)]);
        } else {
            self.doing = why;
        }
    }

    /// Closes the answer's panel, if it is open.
    fn close(&mut self, note: &str) {
        if !self.screen.options.terminal {
            return;
        }
        self.settle();
        if self.open.take().is_some() {
            let panel = self.panel(Colour::Blue);
            self.screen.lines([panel.bottom(note)]);
        }
    }

    fn print_calls(&mut self) {
        let panel = self.panel(Colour::Yellow);
        let lines = self.calls.take(panel.room());
        if !lines.is_empty() {
            self.print_panel(panel, "Tool Calls", lines, "");
        }
    }

    fn print_panel(&mut self, panel: Panel, title: &str, text: Vec<Line>, note: &str) {
        let mut lines = vec![panel.top(title)];
        lines.extend(text.into_iter().map(|line| panel.row(line)));
        lines.push(panel.bottom(note));
        self.screen.lines(lines);
    }
}

impl<W: Write> Drop for Printer<W> {
    fn drop(&mut self) {
        self.end_of_text();
        if self.screen.options.terminal {
            self.close("");
            self.print_calls();
        } else if self.wrote {
            self.screen.text("\n");
        }
        self.screen.erase();
    }
}
