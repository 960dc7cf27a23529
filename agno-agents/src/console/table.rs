//! Tables, as wide as there is room for.

use pulldown_cmark::Alignment;

use super::{
    style::{self, Line, Span, Style},
    wrap::wrap,
};

/// The narrowest that a column is made.
const NARROWEST: usize = 4;
/// Between two columns.
const RULE: &str = " │ ";
const RULE_COLUMNS: usize = 3;

/// A table while it is read.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) alignments: Vec<Alignment>,
    /// The first is the head.
    pub(super) rows: Vec<Vec<Line>>,
}

impl Table {
    pub(super) fn row(&mut self) {
        self.rows.push(Vec::new());
    }

    pub(super) fn cell(&mut self, text: Line) {
        if let Some(row) = self.rows.last_mut() {
            row.push(text);
        }
    }

    /// Its lines. With too many columns for the width, each row is a line of text.
    pub(super) fn lines(&self, width: usize) -> Vec<Line> {
        let Some(widths) = self.widths(width) else {
            return self.as_text(width);
        };
        let mut lines = Vec::new();
        for (number, row) in self.rows.iter().enumerate() {
            self.put_row(row, &widths, &mut lines);
            if number == 0 {
                let dashes: Vec<_> = widths.iter().map(|width| "─".repeat(*width)).collect();
                lines.push(vec![Span::new(dashes.join("─┼─"), Style::DIM)]);
            }
        }
        lines
    }

    /// How wide each column is: as it needs, or the room shared out so that the narrow ones keep
    /// what they need.
    fn widths(&self, width: usize) -> Option<Vec<usize>> {
        let count = self.alignments.len();
        let room = width.checked_sub(RULE_COLUMNS * count.saturating_sub(1))?;
        if count == 0 || room < count * NARROWEST {
            return None;
        }
        let mut widths = vec![1; count];
        for row in &self.rows {
            for (widest, cell) in widths.iter_mut().zip(row) {
                *widest = style::columns(cell).max(*widest);
            }
        }
        let mut by_need: Vec<usize> = (0..count).collect();
        by_need.sort_by_key(|column| widths[*column]);
        let mut left = room;
        for (done, column) in by_need.into_iter().enumerate() {
            let share = left / (count - done);
            widths[column] = widths[column].min(share);
            left -= widths[column];
        }
        Some(widths)
    }

    fn put_row(&self, row: &[Line], widths: &[usize], lines: &mut Vec<Line>) {
        let cells = widths.iter().enumerate().map(|(column, width)| {
            let text = row.get(column).map_or(&[][..], Vec::as_slice);
            wrap(text, *width)
        });
        let cells: Vec<Vec<Line>> = cells.collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or(0);
        for at in 0..height {
            let mut line = Line::new();
            for (column, width) in widths.iter().enumerate() {
                if column > 0 {
                    style::push(&mut line, RULE, Style::DIM);
                }
                let text = cells[column].get(at).map_or(&[][..], Vec::as_slice);
                let blank = width.saturating_sub(style::columns(text));
                let before = match self.alignments.get(column) {
                    Some(Alignment::Right) => blank,
                    Some(Alignment::Center) => blank / 2,
                    _ => 0,
                };
                style::push(&mut line, &" ".repeat(before), Style::PLAIN);
                for span in text {
                    style::push(&mut line, &span.text, span.style);
                }
                style::push(&mut line, &" ".repeat(blank - before), Style::PLAIN);
            }
            lines.push(line);
        }
    }

    fn as_text(&self, width: usize) -> Vec<Line> {
        let text = |row: &Vec<Line>| {
            let mut text = Line::new();
            for (column, cell) in row.iter().enumerate() {
                if column > 0 {
                    style::push(&mut text, RULE, Style::DIM);
                }
                for span in cell {
                    style::push(&mut text, &span.text, span.style);
                }
            }
            wrap(&text, width)
        };
        self.rows.iter().flat_map(text).collect()
    }
}
