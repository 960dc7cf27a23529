//! Where a printer writes: lines for good, and below them one line that changes.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use super::{
    PrinterOptions,
    clean::one_line,
    style::{self, Line, Span, Style},
};

/// How often the line that changes is drawn at most.
const PACE: Duration = Duration::from_millis(80);
const FRAMES: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

#[derive(Debug)]
pub(super) struct Screen<W> {
    out: W,
    pub(super) options: PrinterOptions,
    /// Nobody reads any more.
    gone: bool,
    drawn: Option<Instant>,
    is_shown: bool,
    frame: usize,
}

impl<W: Write> Screen<W> {
    pub(super) fn new(out: W, options: PrinterOptions) -> Self {
        Self {
            out,
            options,
            gone: false,
            drawn: None,
            is_shown: false,
            frame: 0,
        }
    }

    /// Writes clean text.
    pub(super) fn text(&mut self, text: &str) {
        // A reader that has gone away is no failure.
        if !self.gone && !text.is_empty() {
            let written = self.out.write_all(text.as_bytes());
            self.gone = written.and_then(|()| self.out.flush()).is_err();
        }
    }

    /// Writes lines above the one that changes.
    pub(super) fn lines(&mut self, lines: impl IntoIterator<Item = Line>) {
        let mut out = self.erasure().to_owned();
        for line in lines {
            style::write(&line, self.options.colour, &mut out);
            out.push('\n');
        }
        self.text(&out);
    }

    /// Whether it is time to draw the line that changes.
    pub(super) fn is_time(&self) -> bool {
        let early = self.drawn.is_some_and(|drawn| drawn.elapsed() < PACE);
        self.options.terminal && !(early && self.is_shown)
    }

    /// Draws the line that changes: the words, and behind them how long it takes.
    pub(super) fn wait(&mut self, words: &str, since: Instant) {
        let mut out = self.erasure().to_owned();
        let time = super::seconds(since.elapsed());
        // One column stays free: a full line would break.
        let room = self.options.width.saturating_sub(time.len() + 5);
        let line = [
            Span::new(FRAMES[self.frame % FRAMES.len()], Style::PLAIN),
            Span::new(format!(" {} {time}", one_line(words, room)), Style::DIM),
        ];
        style::write(&line, self.options.colour, &mut out);
        self.text(&out);
        self.frame += 1;
        self.drawn = Some(Instant::now());
        self.is_shown = true;
    }

    /// Takes the line that changes away.
    pub(super) fn erase(&mut self) {
        let erasure = self.erasure();
        self.text(erasure);
    }

    /// ECMA-48: to the first column, and "erase in line".
    fn erasure(&mut self) -> &'static str {
        match std::mem::take(&mut self.is_shown) {
            true => "\r\u{1b}[2K",
            false => "",
        }
    }
}
