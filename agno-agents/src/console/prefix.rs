//! What stands before the lines of quotes and lists.

use super::style::{self, Line, Span};

/// The quotes and items around the text under way.
#[derive(Debug)]
pub(super) struct Prefixes {
    shown: Vec<Prefix>,
    columns: usize,
    /// So many columns may be taken; what is nested deeper is not indented any more.
    most: usize,
    deeper: usize,
}

#[derive(Debug)]
struct Prefix {
    /// Before the first line, until that is written.
    first: Option<Span>,
    rest: Span,
    columns: usize,
}

impl Prefixes {
    pub(super) fn new(most: usize) -> Self {
        Self {
            shown: Vec::new(),
            columns: 0,
            most,
            deeper: 0,
        }
    }

    pub(super) fn push(&mut self, first: Option<Span>, rest: Span) {
        let columns = style::columns(std::slice::from_ref(&rest));
        if self.deeper > 0 || self.columns + columns > self.most {
            self.deeper += 1;
            return;
        }
        self.columns += columns;
        self.shown.push(Prefix {
            first,
            rest,
            columns,
        });
    }

    pub(super) fn pop(&mut self) {
        if self.deeper > 0 {
            self.deeper -= 1;
        } else if let Some(prefix) = self.shown.pop() {
            self.columns -= prefix.columns;
        }
    }

    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    /// Nothing was written yet below the innermost.
    pub(super) fn is_fresh(&self) -> bool {
        let innermost = self.shown.last();
        self.deeper == 0 && innermost.is_some_and(|prefix| prefix.first.is_some())
    }

    /// What stands before the next line.
    pub(super) fn next(&mut self) -> Line {
        let next = |prefix: &mut Prefix| prefix.first.take().unwrap_or_else(|| prefix.rest.clone());
        self.shown.iter_mut().map(next).collect()
    }

    pub(super) fn depth(&self) -> usize {
        self.shown.len()
    }

    /// What stands before a line that is not the first, of the `depth` outermost.
    pub(super) fn rest(&self, depth: usize) -> Line {
        self.shown
            .iter()
            .take(depth)
            .map(|prefix| prefix.rest.clone())
            .collect()
    }
}
