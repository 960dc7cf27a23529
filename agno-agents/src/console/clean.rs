//! Untrusted text, made harmless.

use std::borrow::Cow;

use agno_core::schema::is_hidden;
use console::measure_text_width;

/// `text` without anything that a terminal would obey or that would mislead its reader.
///
/// * Line breaks and tabs stay; `\r\n` becomes `\n`.
/// * Controls (escape sequences, backspaces, lone carriage returns, C1 controls) and characters
///   that turn or tag what stands beside them are written out: `\u{1b}`. What was hidden in a
///   sequence, such as the address of a link, is seen.
/// * What has no look and does nothing but split words for a search is left out: the soft hyphen,
///   the zero-width space, the word joiner, the byte order mark.
/// * A joiner stays between two characters that are not ASCII, as in emoji and in Persian.
/// * Of the marks on one character, eight stay: no script needs more, and a heap of them covers the
///   lines above.
///
/// Cleaning twice is the same as once.
///
/// ```
/// use agno_agents::console::clean;
///
/// assert_eq!(clean("a\u{1b}[2Jb\r\n"), "a\\u{1b}[2Jb\n");
/// assert_eq!(clean("pay\u{200b}pal"), "paypal");
/// assert_eq!(clean("plain"), "plain");
/// ```
pub fn clean(text: &str) -> Cow<'_, str> {
    let mut marks = 0;
    let is_changed = |c: char| {
        marks = if is_mark(c) { marks + 1 } else { 0 };
        marks > MOST_MARKS || (is_hidden(c) && !is_kept(c))
    };
    if !text.contains(is_changed) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut cleaner = Cleaner::default();
    cleaner.push(text, &mut out);
    cleaner.end(&mut out);
    Cow::Owned(out)
}

/// `text` on one line, cut to `width` columns.
pub(super) fn one_line(text: &str, width: usize) -> String {
    let mut out = String::new();
    let mut used = 0;
    // What does not fit is not worth cleaning.
    let most = text.char_indices().nth(width.saturating_mul(4));
    let text = clean(most.map_or(text, |(end, _)| &text[..end]));
    for (cluster, taken) in super::wrap::clusters(&text) {
        let cluster = if is_kept_text(cluster) { " " } else { cluster };
        if cluster == " " && (out.is_empty() || out.ends_with(' ')) {
            continue;
        }
        if used + taken > width.saturating_sub(1) {
            out.push('…');
            break;
        }
        out.push_str(cluster);
        used += taken;
    }
    out
}

/// Most marks on one character.
const MOST_MARKS: usize = 8;

/// Whether a character is put onto the one before.
fn is_mark(c: char) -> bool {
    c >= '\u{300}' && !is_hidden(c) && measure_text_width(c.encode_utf8(&mut [0; 4])) == 0
}

fn is_kept(c: char) -> bool {
    matches!(c, '\n' | '\t')
}

fn is_kept_text(text: &str) -> bool {
    matches!(text, "\n" | "\t")
}

fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

fn is_joinable(c: char) -> bool {
    !c.is_ascii() && !is_hidden(c)
}

/// Cleans text that comes in pieces: what a character means may depend on the next.
#[derive(Clone, Debug, Default)]
pub(super) struct Cleaner {
    last: Option<char>,
    /// A carriage return or a joiner whose next character is to come.
    held: Option<char>,
    /// On the last character that is none.
    marks: usize,
}

impl Cleaner {
    pub(super) fn push(&mut self, text: &str, out: &mut String) {
        for c in text.chars() {
            if is_mark(c) {
                self.marks += 1;
                if self.marks > MOST_MARKS {
                    continue;
                }
            } else if !is_joiner(c) {
                self.marks = 0;
            }
            self.settle(Some(c), out);
            let joins = is_joiner(c) && self.last.is_some_and(is_joinable);
            match c {
                '\r' => self.held = Some(c),
                c if joins => self.held = Some(c),
                '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}' => {}
                c if is_hidden(c) && !is_kept(c) => out.extend(c.escape_unicode()),
                c => out.push(c),
            }
            self.last = Some(c);
        }
    }

    /// No more comes.
    pub(super) fn end(&mut self, out: &mut String) {
        self.settle(None, out);
        self.last = None;
        self.marks = 0;
    }

    fn settle(&mut self, next: Option<char>, out: &mut String) {
        match self.held.take() {
            Some('\r') if next == Some('\n') => {}
            Some(joiner) if is_joiner(joiner) && next.is_some_and(is_joinable) => out.push(joiner),
            Some(held) => out.extend(held.escape_unicode()),
            None => {}
        }
    }
}
