//! The tool calls of an answer, a line each.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use super::{
    clean::one_line,
    seconds,
    style::{Colour, Line, Span, Style},
};

/// So many are shown at once; of more, the last.
const MOST: usize = 50;

#[derive(Debug, Default)]
pub(super) struct Calls {
    calls: VecDeque<Call>,
    left_out: usize,
}

#[derive(Debug)]
struct Call {
    id: Arc<str>,
    words: String,
    end: Option<Result<Duration, String>>,
}

impl Calls {
    pub(super) fn begin(&mut self, id: &Arc<str>, words: String) {
        if self.calls.len() >= MOST {
            self.calls.pop_front();
            self.left_out += 1;
        }
        let (id, end) = (id.clone(), None);
        self.calls.push_back(Call { id, words, end });
    }

    pub(super) fn end(&mut self, id: &str, how: Result<Duration, String>) {
        let call = self.calls.iter_mut().rev();
        if let Some(call) = call.into_iter().find(|call| &*call.id == id) {
            call.end = Some(how);
        }
    }

    /// The one that has been running longest.
    pub(super) fn running(&self) -> Option<&str> {
        let running = self.calls.iter().find(|call| call.end.is_none());
        running.map(|call| call.words.as_str())
    }

    /// Takes them all, as lines of at most `width` columns.
    pub(super) fn take(&mut self, width: usize) -> Vec<Line> {
        let mut lines = Vec::new();
        let left_out = std::mem::take(&mut self.left_out);
        if left_out > 0 {
            lines.push(vec![Span::new(format!("… {left_out} before"), Style::DIM)]);
        }
        for call in self.calls.drain(..) {
            let (end, style) = match call.end {
                Some(Ok(time)) => (seconds(time), Style::DIM),
                Some(Err(reason)) => {
                    let reason = one_line(&reason, width / 2);
                    (format!("failed: {reason}"), Style::of(Colour::Red))
                }
                None => ("no answer yet".to_owned(), Style::DIM),
            };
            let taken = super::style::columns(&[Span::new(end.as_str(), style)]);
            let words = one_line(&call.words, width.saturating_sub(taken + 4));
            lines.push(vec![
                Span::new(format!("• {words}  "), Style::PLAIN),
                Span::new(end, style),
            ]);
        }
        lines
    }
}
