//! The rounded box around an answer.

use super::{
    clean::one_line,
    style::{self, Colour, Line, Span, Style},
};

/// A box, drawn line by line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Panel {
    /// With its borders.
    pub(super) width: usize,
    pub(super) colour: Colour,
}

/// What borders and the blanks beside them take.
const BORDERS: usize = 4;

impl Panel {
    /// The columns inside.
    pub(super) fn room(self) -> usize {
        self.width.saturating_sub(BORDERS)
    }

    /// `╭─ Response ───╮`
    pub(super) fn top(self, title: &str) -> Line {
        let (title, rest) = self.beside(title);
        self.border(&format!("╭─ {title} {rest}╮"))
    }

    /// A line of what is inside.
    pub(super) fn row(self, text: Line) -> Line {
        let blank = self.room().saturating_sub(style::columns(&text));
        let mut row = self.border("│ ");
        row.extend(text);
        style::push(&mut row, &" ".repeat(blank), Style::PLAIN);
        style::push(&mut row, " │", Style::of(self.colour));
        row
    }

    /// `╰─── 1.2s ─╯`
    pub(super) fn bottom(self, note: &str) -> Line {
        if note.is_empty() {
            let rest = "─".repeat(self.width.saturating_sub(2));
            return self.border(&format!("╰{rest}╯"));
        }
        let (note, rest) = self.beside(note);
        self.border(&format!("╰{rest} {note} ─╯"))
    }

    /// Words in a border, cut if they must be, and the rest of the border.
    fn beside(self, words: &str) -> (String, String) {
        let words = one_line(words, self.width.saturating_sub(BORDERS + 1));
        let taken = style::columns(&[Span::new(words.as_str(), Style::PLAIN)]) + BORDERS + 1;
        let rest = "─".repeat(self.width.saturating_sub(taken));
        (words, rest)
    }

    fn border(self, text: &str) -> Line {
        vec![Span::new(text, Style::of(self.colour))]
    }
}
