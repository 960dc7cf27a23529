//! Breaking text into lines by the columns it takes.

use console::measure_text_width;

use super::style::{self, Line, Span, Style};

/// What a terminal shows as one character, with the columns it takes: a character with its marks,
/// emoji that are joined, a flag.
pub(super) fn clusters(text: &str) -> impl Iterator<Item = (&str, usize)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut chars = rest.char_indices();
        let (_, first) = chars.next()?;
        let mut end = first.len_utf8();
        let mut last = first;
        for (at, c) in chars {
            // ASCII joins nothing; most text ends here. A break or a tab is by itself.
            if c.is_ascii() || first.is_control() || !continues(first, last, c, at) {
                break;
            }
            end = at + c.len_utf8();
            last = c;
        }
        let (cluster, after) = rest.split_at(end);
        rest = after;
        let width = match cluster.len() {
            1 => 1,
            _ => measure_text_width(cluster),
        };
        Some((cluster, width))
    })
}

fn continues(first: char, last: char, c: char, at: usize) -> bool {
    let is_flag = |c: char| ('\u{1f1e6}'..='\u{1f1ff}').contains(&c);
    let is_skin = ('\u{1f3fb}'..='\u{1f3ff}').contains(&c);
    let pictures = first > '\u{203b}';
    columns_of(c) == 0
        || (last == '\u{200d}' && pictures && !is_flag(c))
        || (is_skin && pictures)
        || (is_flag(first) && is_flag(c) && at == first.len_utf8())
}

fn columns_of(c: char) -> usize {
    measure_text_width(c.encode_utf8(&mut [0; 4]))
}

/// `text` in lines of at most `width` columns, broken between words; a longer word is cut. Blanks
/// at a break are dropped, `\n` is a break.
pub(super) fn wrap(text: &[Span], width: usize) -> Vec<Line> {
    let mut wrapping = Wrapping {
        width,
        ..Wrapping::default()
    };
    for span in text {
        for (cluster, taken) in clusters(&span.text) {
            wrapping.take(cluster, taken, span.style);
        }
    }
    wrapping.end()
}

#[derive(Default)]
struct Wrapping {
    width: usize,
    lines: Vec<Line>,
    line: Line,
    used: usize,
    blanks: Line,
    blanks_used: usize,
    word: Line,
    word_used: usize,
}

impl Wrapping {
    fn take(&mut self, cluster: &str, taken: usize, style: Style) {
        match cluster {
            "\n" => {
                self.put_word();
                self.break_line();
            }
            " " | "\t" => {
                self.put_word();
                style::push(&mut self.blanks, " ", style);
                self.blanks_used += 1;
            }
            _ => {
                // Wide letters are words by themselves.
                if taken > 1 || self.word_used + taken > self.width {
                    self.put_word();
                }
                style::push(&mut self.word, cluster, style);
                self.word_used += taken;
                if taken > 1 {
                    self.put_word();
                }
            }
        }
    }

    fn put_word(&mut self) {
        if self.word.is_empty() {
            return;
        }
        if self.used > 0 && self.used + self.blanks_used + self.word_used > self.width {
            self.break_line();
        }
        if self.used > 0 {
            self.blanks
                .drain(..)
                .for_each(|span| style::push(&mut self.line, &span.text, span.style));
            self.used += self.blanks_used;
        }
        self.drop_blanks();
        self.word
            .drain(..)
            .for_each(|span| style::push(&mut self.line, &span.text, span.style));
        self.used += std::mem::take(&mut self.word_used);
    }

    fn break_line(&mut self) {
        self.lines.push(std::mem::take(&mut self.line));
        self.used = 0;
        self.drop_blanks();
    }

    fn drop_blanks(&mut self) {
        self.blanks.clear();
        self.blanks_used = 0;
    }

    fn end(mut self) -> Vec<Line> {
        self.put_word();
        if !self.line.is_empty() || self.lines.is_empty() {
            self.lines.push(self.line);
        }
        self.lines
    }
}

/// `text` in lines of at most `width` columns, cut where they are full, with all its blanks.
pub(super) fn cut(text: &str, width: usize, style: Style) -> Vec<Line> {
    const TAB: usize = 4;
    let mut lines = Vec::new();
    for text in text.split('\n') {
        let mut line = String::new();
        let mut used = 0;
        for (cluster, taken) in clusters(text) {
            let (cluster, taken) = match cluster {
                "\t" => {
                    let taken = (TAB - used % TAB).min(width);
                    (&"    "[..taken], taken)
                }
                _ => (cluster, taken),
            };
            if used + taken > width && used > 0 {
                lines.push(vec![Span::new(std::mem::take(&mut line), style)]);
                used = 0;
            }
            line.push_str(cluster);
            used += taken;
        }
        lines.push(vec![Span::new(line, style)]);
    }
    lines
}
