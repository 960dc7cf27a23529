//! The lines of a text that something is wrong with, with carets below.

use std::fmt;
use std::ops::Range;

use super::printable::{columns_of, push};

/// A line is shown up to this many columns.
const WIDTH: usize = 96;
/// Of a longer line, this many columns before the first mark.
const BEFORE: usize = 24;

/// Lines of a text, ready to be shown: the text itself is not kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Excerpt {
    lines: Vec<Line>,
    /// Line and column of the first mark, if the text has more than one line.
    start: Option<(usize, usize)>,
}

#[derive(Clone, Debug)]
struct Line {
    number: usize,
    shown: String,
    marks: Vec<Caret>,
}

#[derive(Clone, Debug)]
struct Caret {
    column: usize,
    width: usize,
    text: String,
}

impl Excerpt {
    /// The marks must be in the order of the text.
    pub(super) fn new(text: &str, marks: Vec<(Range<usize>, String)>) -> Self {
        let mut excerpt = Self::default();
        let (mut number, mut counted) = (1, 0);
        let mut marks = marks.into_iter().peekable();
        while let Some((bytes, said)) = marks.next() {
            let at = floor(text, bytes.start);
            let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
            let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
            if start > counted {
                number += text.as_bytes()[counted..start]
                    .iter()
                    .filter(|byte| **byte == b'\n')
                    .count();
                counted = start;
            }
            let window = Window::new(text[start..end].trim_end_matches('\r'), start, at);
            let mut line = Line {
                number,
                shown: window.shown.clone(),
                marks: vec![window.caret(&bytes, said)],
            };
            // The marks on the same line that can be seen in the same window.
            while let Some((next, _)) = marks.peek()
                && next.start < end
                && window.sees(next.start)
            {
                if let Some((bytes, said)) = marks.next() {
                    line.marks.push(window.caret(&bytes, said));
                }
            }
            if excerpt.lines.is_empty() && text.trim_end().contains('\n') {
                excerpt.start = Some((number, text[start..at].chars().count() + 1));
            }
            excerpt.lines.push(line);
        }
        excerpt
    }

    /// How many columns the line numbers take.
    pub(super) fn gutter(&self) -> usize {
        match (self.start, self.lines.last()) {
            (Some(_), Some(last)) => last.number.to_string().len(),
            _ => 1,
        }
    }

    pub(super) fn write(&self, f: &mut fmt::Formatter<'_>, origin: &str) -> fmt::Result {
        if self.lines.is_empty() {
            return Ok(());
        }
        let gutter = self.gutter();
        write!(f, "\n{:gutter$} ┌ {origin}", "")?;
        if let Some((line, column)) = self.start {
            write!(f, ":{line}:{column}")?;
        }
        let mut shown_before = None;
        for line in &self.lines {
            let number = match self.start {
                Some(_) => line.number.to_string(),
                None => String::new(),
            };
            if shown_before.is_some_and(|before| before + 1 < line.number) {
                write!(f, "\n{:gutter$} ┆", "")?;
            }
            shown_before = Some(line.number);
            write!(f, "\n{number:>gutter$} │ {}", line.shown)?;
            for caret in &line.marks {
                let (before, carets) = (" ".repeat(caret.column), "^".repeat(caret.width));
                write!(f, "\n{:gutter$} │ {before}{carets} {}", "", caret.text)?;
            }
        }
        Ok(())
    }
}

/// The part of a line that is shown.
struct Window {
    shown: String,
    /// Where the characters stand: byte in the text, column in `shown`; the last one is the end.
    cells: Vec<(usize, usize)>,
    /// Whether the line ends in the window.
    whole: bool,
}

impl Window {
    /// `at` is a byte of the text, and so is `start`, where the line begins.
    fn new(line: &str, start: usize, at: usize) -> Self {
        let at = at.saturating_sub(start).min(line.len());
        let short = line.len() <= WIDTH * 4 && line.chars().map(columns_of).sum::<usize>() <= WIDTH;
        let mut from = 0;
        if !short {
            let mut before = 0;
            for (index, c) in line[..at].char_indices().rev() {
                from = index;
                before += columns_of(c);
                if before >= BEFORE {
                    break;
                }
            }
            // A beginning that is almost there is shown.
            if from <= 2 {
                from = 0;
            }
        }
        let mut window = Self {
            shown: String::new(),
            cells: Vec::new(),
            whole: true,
        };
        let mut column = 0;
        if from > 0 {
            window.shown.push('…');
            column = 1;
        }
        for (index, c) in line[from..].char_indices() {
            window.cells.push((start + from + index, column));
            if column >= WIDTH {
                window.whole = false;
                window.shown.push('…');
                return window;
            }
            column += match c {
                '\t' => {
                    window.shown.push_str("    ");
                    4
                }
                _ => push(&mut window.shown, c),
            };
        }
        window.cells.push((start + line.len(), column));
        window
    }

    fn sees(&self, at: usize) -> bool {
        match (self.cells.first(), self.cells.last()) {
            (Some((first, _)), Some((last, _))) => at >= *first && (self.whole || at < *last),
            _ => false,
        }
    }

    /// The column of a byte, or of the end of what is shown.
    fn column(&self, at: usize) -> usize {
        let next = self.cells.partition_point(|(byte, _)| *byte < at);
        let cell = self.cells.get(next).or(self.cells.last());
        cell.map_or(0, |(_, column)| *column)
    }

    fn caret(&self, bytes: &Range<usize>, text: String) -> Caret {
        let column = self.column(bytes.start);
        Caret {
            column,
            width: self.column(bytes.end).saturating_sub(column).max(1),
            text,
        }
    }
}

/// The beginning of the character that a byte belongs to.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
