//! Text that is not JSON: what is wrong, where, and what was probably meant.

use std::ops::Range;

use super::printable;
use super::problem::{Problem, ProblemKind};

pub(super) struct Wrong {
    pub(super) problem: Problem,
    pub(super) place: Range<usize>,
    pub(super) help: Option<String>,
}

/// `takes_text`: a text alone would be a valid input.
pub(super) fn explain(text: &str, error: &serde_json::Error, takes_text: bool) -> Wrong {
    let place = place(text, error);
    let rest = &text[place.start..];
    let said = error.to_string();
    let said = said.split(" at line ").next().unwrap_or_default();
    let mut kind = ProblemKind::Syntax;
    let message = if text.trim().is_empty() {
        "the input is empty".to_owned()
    } else if error.is_eof() {
        match said.contains("string") {
            true => "the text ends before this string is closed: `\"` is missing".to_owned(),
            false => "the text ends too early: something is not closed".to_owned(),
        }
    } else if said.starts_with("recursion limit") {
        kind = ProblemKind::TooDeep;
        "nested too deeply: at most 127 lists and objects in each other".to_owned()
    } else {
        match said {
            "key must be a string" => "a field name must be in double quotes".to_owned(),
            "trailing comma" => "this comma is one too many".to_owned(),
            "trailing characters" => "the input is complete before this".to_owned(),
            "expected value" | "expected ident" => "this is not a JSON value".to_owned(),
            "control character (\\u0000-\\u001F) found while parsing a string" => {
                "a line break or control character in a string is written `\\n` or `\\u001b`"
                    .to_owned()
            }
            _ => said.to_owned(),
        }
    };
    Wrong {
        problem: Problem {
            path: String::new(),
            kind,
            message,
            suggestion: None,
            found: String::new(),
            expected: "JSON".to_owned(),
        },
        help: help(text.trim(), rest, takes_text),
        place,
    }
}

fn place(text: &str, error: &serde_json::Error) -> Range<usize> {
    if error.is_eof() {
        let end = text.trim_end().len();
        return end..end;
    }
    let line_start = text
        .match_indices('\n')
        .map(|(at, _)| at + 1)
        .nth(error.line().wrapping_sub(2))
        .filter(|_| error.line() > 1)
        .unwrap_or_default();
    // The column counts bytes, from one.
    let mut start = (line_start + error.column().saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    if error.to_string().starts_with("trailing comma")
        && let Some(comma) = text[..start].rfind(',')
    {
        return comma..comma + 1;
    }
    let in_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-');
    // Of a word such as `True` the reader may have come a part of the way.
    let before = text[..start].chars().rev().take(8);
    let begins_before = error.to_string().starts_with("expected ident");
    if begins_before || text[start..].starts_with(in_word) {
        start -= before
            .take_while(|c| in_word(*c))
            .map(char::len_utf8)
            .sum::<usize>();
    }
    let word: usize = text[start..]
        .chars()
        .take(60)
        .take_while(|c| in_word(*c))
        .map(char::len_utf8)
        .sum();
    let one = text[start..].chars().next().map_or(0, char::len_utf8);
    start..start + word.max(one)
}

/// The usual mistakes, most of them the shell's.
fn help(text: &str, rest: &str, takes_text: bool) -> Option<String> {
    let word: String = rest
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .take(40)
        .collect();
    let is_bare = |c: char| !matches!(c, '{' | '[' | '"' | '\'' | '}' | ']');
    if text.is_empty() {
        return None;
    }
    if rest.starts_with('\'') {
        let help = "JSON has double quotes only; in a shell, put single quotes around the whole: '{\"name\": \"value\"}'";
        return Some(help.to_owned());
    }
    match word.as_str() {
        "True" | "False" => return Some(format!("write `{}`", word.to_lowercase())),
        "None" | "undefined" | "nil" => return Some("write `null`".to_owned()),
        "NaN" | "Infinity" => return Some("JSON has no such number".to_owned()),
        _ => {}
    }
    if takes_text && text.len() <= 200 && text.starts_with(is_bare) {
        let quoted = serde_json::to_string(text).ok()?;
        // JSON leaves DEL, C1 and bidi characters as they are, and a terminal would act on them.
        if printable(&quoted, quoted.len()) != quoted {
            return None;
        }
        return Some(format!("a text is in double quotes: '{quoted}'"));
    }
    if text.starts_with('{') && !word.is_empty() {
        let help = format!(
            "write `\"{word}\"`; a shell removes double quotes unless single quotes are around the whole: '{{\"name\": \"value\"}}'"
        );
        return (!word.starts_with(|c: char| c.is_ascii_digit())).then_some(help);
    }
    None
}
