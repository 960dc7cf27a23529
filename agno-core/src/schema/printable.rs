//! Text from outside, made safe and short enough for a message.

/// Whether a terminal, or a reader, could be misled by a character of a text from outside: controls (line
/// breaks and tabs are among them), and the invisible ones that turn or hide what stands beside them.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(u32::from(c),
            0xad | 0x61c | 0x180e | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f
            | 0xfeff | 0xfff9..=0xfffb | 0xe0000..=0xe0fff)
}

/// How many columns of a terminal a character takes. An estimate: wide letters and pictures take two,
/// marks on the letter before take none.
pub(crate) fn columns_of(c: char) -> usize {
    match u32::from(c) {
        0x300..=0x36f
        | 0x483..=0x489
        | 0x591..=0x5bd
        | 0x610..=0x61a
        | 0x64b..=0x65f
        | 0x900..=0x902
        | 0x93c
        | 0x941..=0x948
        | 0x94d
        | 0xe31
        | 0xe34..=0xe3a
        | 0xe47..=0xe4e
        | 0x1ab0..=0x1aff
        | 0x1dc0..=0x1dff
        | 0x20d0..=0x20ff
        | 0xfe00..=0xfe0f
        | 0xfe20..=0xfe2f => 0,
        0x1100..=0x115f
        | 0x231a..=0x231b
        | 0x23e9..=0x23ec
        | 0x2705
        | 0x270a..=0x270b
        | 0x274c
        | 0x2e80..=0x303e
        | 0x3041..=0x4dbf
        | 0x4e00..=0xa4cf
        | 0xa960..=0xa97c
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1f64f
        | 0x1f680..=0x1f6ff
        | 0x1f900..=0x1f9ff
        | 0x1fa70..=0x1faff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// How many columns a text takes that has gone through [`printable`].
pub(crate) fn columns(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

/// Appends one character as it may be shown, and says how many columns that took.
pub(crate) fn push(out: &mut String, c: char) -> usize {
    if !is_hidden(c) {
        out.push(c);
        return columns_of(c);
    }
    let start = out.len();
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        _ => out.extend(c.escape_unicode()),
    }
    out.len() - start
}

/// `text` without control characters, cut to about `limit` columns.
pub(crate) fn printable(text: &str, limit: usize) -> String {
    let mut out = String::new();
    let mut used = 0;
    for c in text.chars() {
        let end = out.len();
        used += push(&mut out, c);
        if used > limit {
            out.truncate(end);
            out.push('…');
            break;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_a_terminal_would_obey() {
        assert_eq!(
            printable("a\u{1b}[31mb\n\u{202e}c", 99),
            "a\\u{1b}[31mb\\n\\u{202e}c"
        );
        assert_eq!(printable("é日本", 99), "é日本");
    }

    #[test]
    fn cuts_at_columns_and_never_inside_an_escape() {
        assert_eq!(printable("abcdef", 6), "abcdef");
        assert_eq!(printable("abcdefg", 6), "abcdef…");
        assert_eq!(printable("abcd\u{1b}", 6), "abcd…");
        assert_eq!(printable("日本語", 4), "日本…");
        assert_eq!(columns("日本…"), 5);
    }
}
