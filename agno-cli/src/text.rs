//! Text from steps, models and files, made safe to show on a terminal.

use std::borrow::Cow;

use agno_core::schema::is_hidden;

/// `text` on one line, without control characters, cut to about `limit` characters.
pub(crate) fn line(text: &str, limit: usize) -> String {
    let mut out = String::new();
    for (count, c) in text.chars().enumerate() {
        if count >= limit {
            out.push('…');
            break;
        }
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_hidden(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// `text` with its lines and tabs, without other control characters.
pub(crate) fn block(text: &str) -> Cow<'_, str> {
    let obeyed = |c: char| is_hidden(c) && !matches!(c, '\n' | '\t');
    if !text.contains(obeyed) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if obeyed(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// JSON text, indented, with what a terminal would obey escaped inside its strings. The value
/// stays the same, and so do the order of its keys and the form of its numbers.
pub(crate) fn pretty_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len() + json.len() / 2);
    let mut depth = 0usize;
    let mut chars = json.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                out.push('"');
                copy_string(&mut chars, &mut out);
            }
            '{' | '[' => {
                out.push(c);
                while chars.next_if(|c| c.is_ascii_whitespace()).is_some() {}
                if let Some(close) = chars.next_if(|c| matches!(c, '}' | ']')) {
                    out.push(close);
                } else {
                    depth += 1;
                    new_line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(',');
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            c if c.is_ascii_whitespace() => {}
            c => out.push(c),
        }
    }
    out
}

/// JSON text on one line, with what a terminal would obey escaped. The value stays the same.
pub(crate) fn json_line(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    // Outside of its strings there is nothing hidden but line breaks.
    for c in json.chars() {
        match c {
            '\n' | '\r' => {}
            c => push_escaped(c, &mut out),
        }
    }
    out
}

/// The rest of a string, up to and with its closing quote.
fn copy_string(chars: &mut impl Iterator<Item = char>, out: &mut String) {
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                out.push('"');
                return;
            }
            '\\' => {
                out.push('\\');
                out.extend(chars.next());
            }
            c => push_escaped(c, out),
        }
    }
}

/// A character of a string of JSON, as a terminal may have it.
fn push_escaped(c: char, out: &mut String) {
    if !is_hidden(c) {
        return out.push(c);
    }
    let mut units = [0; 2];
    for unit in c.encode_utf16(&mut units) {
        out.push_str(&format!("\\u{unit:04x}"));
    }
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    for _ in 0..depth {
        out.push_str("  ");
    }
}

/// A word of a command line, quoted if a shell would take it apart.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", line(word, usize::MAX).replace('\'', r"'\''"))
}

/// `1 step`, `2 steps`.
pub(crate) fn count(number: usize, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_obeys_nothing() {
        assert_eq!(
            line("a\u{1b}[2Jb\nc\u{202e}", 99),
            "a\\u{1b}[2Jb\\nc\\u{202e}"
        );
        assert_eq!(line("abcdef", 3), "abc…");
    }

    #[test]
    fn a_block_keeps_its_lines() {
        assert_eq!(block("a\n\tb"), "a\n\tb");
        assert_eq!(block("a\r\u{1b}]0;x\u{7}\n"), "a\\u{d}\\u{1b}]0;x\\u{7}\n");
    }

    #[test]
    fn pretty_json_is_the_same_value_in_the_same_order() {
        let json = "{\"b\":[1.50,{},[]],\"a\\\"\":\"x:,{\u{9b}2J\u{e0041}\\u001b\"}";
        let pretty = pretty_json(json);
        assert_eq!(
            pretty,
            "{\n  \"b\": [\n    1.50,\n    {},\n    []\n  ],\n  \
             \"a\\\"\": \"x:,{\\u009b2J\\udb40\\udc41\\u001b\"\n}"
        );
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("json");
        assert_eq!(value(&pretty), value(json));
        assert_eq!(pretty_json("{ \"a\" : [ ] }"), "{\n  \"a\": []\n}");
        assert_eq!(value(&json_line(json)), value(json));
        assert_eq!(json_line("{\n\"a\":\"\u{9b}\"\r\n}"), "{\"a\":\"\\u009b\"}");
    }

    #[test]
    fn words_are_quoted_for_a_shell() {
        assert_eq!(quoted("01k9-x.y"), "01k9-x.y");
        assert_eq!(quoted("Content Creation"), "'Content Creation'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
