//! Which blocks of an answer are finished while it is still written.

use pulldown_cmark::{Event, Parser, Tag};

use super::markdown::extensions;

/// Up to here each new line is looked at; a longer block is looked at each time it has grown by a
/// quarter, so that all looking together stays in proportion to its length.
const SHORT: usize = 16 << 10;

/// An answer on its way, without what was taken of it.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    text: String,
    look_at: usize,
}

impl Blocks {
    /// Adds clean text, and takes the blocks that it finished.
    pub(super) fn push(&mut self, text: &str) -> Option<String> {
        self.text.push_str(text);
        if self.text.len() < self.look_at || !text.contains('\n') {
            return None;
        }
        let end = finished(&self.text);
        if end == 0 {
            let length = self.text.len();
            self.look_at = if length < SHORT {
                0
            } else {
                length + length / 4
            };
            return None;
        }
        self.look_at = 0;
        let rest = self.text.split_off(end);
        Some(std::mem::replace(&mut self.text, rest))
    }

    /// Takes all that is left.
    pub(super) fn take(&mut self) -> String {
        self.look_at = 0;
        std::mem::take(&mut self.text)
    }

    /// What it says at the moment: its last line with words.
    pub(super) fn last_line(&self) -> &str {
        self.text.trim_end().rsplit('\n').next().unwrap_or_default()
    }
}

/// Up to where the whole lines of `text` are finished blocks: another has begun, or nothing that
/// follows can belong to the last.
fn finished(text: &str) -> usize {
    let whole = &text[..text.rfind('\n').map_or(0, |at| at + 1)];
    let blank = whole.trim_end_matches([' ', '\t']).ends_with("\n\n");
    let mut depth = 0usize;
    let mut last = 0;
    let mut is_closed = false;
    for (event, range) in Parser::new_ext(whole, extensions()).into_offset_iter() {
        if depth == 0 {
            last = range.start;
            is_closed = match event {
                Event::Start(Tag::Heading { .. }) | Event::Rule => true,
                Event::Start(Tag::Paragraph | Tag::Table(_)) => blank,
                _ => false,
            };
        }
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth -= 1,
            _ => {}
        }
    }
    if is_closed {
        return whole.len();
    }
    // Its indentation is a part of it.
    whole[..last].rfind('\n').map_or(0, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_finished_when_another_begins() {
        let mut blocks = Blocks::default();
        assert_eq!(blocks.push("# Title\nsome").as_deref(), Some("# Title\n"));
        assert_eq!(blocks.push(" text\n"), None);
        assert_eq!(
            blocks.push("more\n\n").as_deref(),
            Some("some text\nmore\n\n")
        );
        assert_eq!(blocks.push("end\n- a\n").as_deref(), Some("end\n"));
        // A list goes on after a blank line, and a fence until it is closed.
        assert_eq!(blocks.push("\n- b\n\n"), None);
        assert_eq!(
            blocks.push("```\nx\n\ny\n").as_deref(),
            Some("- a\n\n- b\n\n")
        );
        assert_eq!(blocks.push("# no title\n\n"), None);
        assert_eq!(blocks.last_line(), "# no title");
        assert_eq!(blocks.take(), "```\nx\n\ny\n# no title\n\n");
    }

    #[test]
    fn pieces_come_to_the_whole() {
        let text =
            "# T\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n    code\n\n1. x\n\n   y\n2. z\n\nend";
        for size in 1..text.len() {
            let mut blocks = Blocks::default();
            let mut whole = String::new();
            for piece in text.as_bytes().chunks(size) {
                let piece = std::str::from_utf8(piece).expect("ASCII");
                whole.extend(blocks.push(piece));
            }
            whole.push_str(&blocks.take());
            assert_eq!(whole, text, "in pieces of {size}");
        }
    }
}
