//! Untrusted text inside Markdown: shown as it is, never obeyed.

use std::fmt::Write;

/// Text for one line of Markdown that a renderer shows as these very characters.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let visible = text
        .chars()
        .filter(|&c| c.is_whitespace() || !is_invisible(c));
    let line: String = visible
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .collect();
    let line = line.trim();
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        let rest = &line[at + c.len_utf8()..];
        let has_meaning = match c {
            '\\' | '`' | '*' | '[' | ']' | '<' | '|' | '~' | '&' | '$' => true,
            // `snake_case` is left readable.
            '_' => !(before.is_alphanumeric() && rest.starts_with(char::is_alphanumeric)),
            // A bare link, which GitHub makes clickable.
            ':' => at == 0 || rest.starts_with("//"),
            '.' => is_www(&line[..at]) || is_number(&line[..at]),
            ')' => is_number(&line[..at]),
            '#' | '>' | '+' | '-' | '=' => at == 0,
            _ => false,
        };
        if has_meaning {
            out.push('\\');
        }
        out.push(c);
        before = c;
    }
    out
}

fn is_www(before: &str) -> bool {
    before.len() >= 3
        && before.is_char_boundary(before.len() - 3)
        && before[before.len() - 3..].eq_ignore_ascii_case("www")
}

/// All of the line so far: `1.` and `2)` would begin a list.
fn is_number(before: &str) -> bool {
    !before.is_empty() && before.bytes().all(|byte| byte.is_ascii_digit())
}

/// The target of a link to a file: every byte that is not plain is percent-encoded.
pub fn link_target(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte))
            }
            _ => {
                let _ = write!(out, "%{byte:02X}"); // a String takes everything
            }
        }
    }
    out
}

/// Control characters, and those that turn the direction of what follows.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

    /// The text that a renderer shows, if it is nothing but one plain paragraph.
    fn shown(markdown: &str) -> Option<String> {
        let mut text = String::new();
        for event in Parser::new_ext(
            markdown,
            Options::ENABLE_GFM
                | Options::ENABLE_TABLES
                | Options::ENABLE_STRIKETHROUGH
                | Options::ENABLE_TASKLISTS
                | Options::ENABLE_FOOTNOTES
                | Options::ENABLE_MATH
                | Options::ENABLE_DEFINITION_LIST,
        ) {
            match event {
                Event::Text(piece) => text.push_str(&piece),
                Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph) => {}
                _ => return None,
            }
        }
        Some(text)
    }

    #[test]
    fn every_pair_of_signs_is_shown_as_it_is() {
        let signs: Vec<char> = (' '..='~').filter(|c| !c.is_ascii_alphanumeric()).collect();
        for &a in &signs {
            for &b in &signs {
                for text in [
                    format!("{a}{b}"),
                    format!("{a}{b}x"),
                    format!("{a}{b} x"),
                    format!("x{a}{b}x{a}{b}x"),
                    format!("x {a}{a}{b}x{b}{a}{a} x"),
                    format!("{a}{a}{a}{b}"),
                    format!("1{a}{b}x"),
                    format!("{a}(x){b}[y](z)"),
                ] {
                    let expected = text.split_whitespace().collect::<Vec<_>>().join(" ");
                    let found = shown(&escape(&expected))
                        .unwrap_or_else(|| panic!("{text:?} has a meaning"));
                    assert_eq!(found, expected, "{text:?}");
                }
            }
        }
    }

    #[test]
    fn attacks_are_shown_as_text() {
        for text in [
            "<script>alert(1)</script>",
            "![x](http://evil/p.png)",
            "</details> <img src=x onerror=y>",
            "a\n\n# heading\n- item",
            "```\ncode",
            "&lt;b&gt;",
            "[ref]: http://evil",
            "| a | b |",
            "https://evil.example www.evil.example",
        ] {
            let expected = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let escaped = escape(&expected);
            assert_eq!(shown(&escaped), Some(expected), "{escaped}");
        }
    }

    #[test]
    fn what_nobody_sees_is_dropped() {
        assert_eq!(escape("a\u{202e}b\u{1b}[31mc\r\nd"), "ab\\[31mc  d");
        assert_eq!(escape("Größe 中文"), "Größe 中文");
    }

    #[test]
    fn link_targets_hold_nothing_special() {
        assert_eq!(
            link_target("a b/c(1)#ü%.md"),
            "a%20b/c%281%29%23%C3%BC%25.md"
        );
    }
}
