//! Foreign text, made fit for an error.

/// Makes foreign text fit for an error: white space and control characters become single spaces,
/// and what is longer than `most` characters is cut.
pub(super) fn cleaned(text: &str, most: usize) -> String {
    let mut clean = String::with_capacity(text.len().min(most * 4));
    let mut length = 0;
    let mut space = false;
    for character in text.chars() {
        if character.is_whitespace() || acts(character) {
            space = !clean.is_empty();
            continue;
        }
        if length + usize::from(space) >= most {
            clean.push('…');
            break;
        }
        if std::mem::take(&mut space) {
            clean.push(' ');
            length += 1;
        }
        clean.push(character);
        length += 1;
    }
    clean
}

/// Terminals act on it, or it turns the text around.
fn acts(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The text of a page of HTML, roughly: without tags, styles and scripts.
pub(super) fn without_tags(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        text.push_str(&rest[..open]);
        text.push(' ');
        rest = &rest[open..];
        let hidden = ["style", "script"].into_iter().find(|name| {
            rest.get(1..=name.len())
                .is_some_and(|tag| tag.eq_ignore_ascii_case(name))
        });
        if let Some(name) = hidden {
            let end = format!("</{name}");
            rest = rest
                .to_ascii_lowercase()
                .find(&end)
                .map_or("", |at| &rest[at..]);
        }
        rest = rest.find('>').map_or("", |close| &rest[close + 1..]);
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::{cleaned, without_tags};

    #[test]
    fn control_characters_go() {
        assert_eq!(cleaned(" a\u{1b}[31m\tb\r\n\0c ", 99), "a [31m b c");
        assert_eq!(cleaned("x\u{202e}y", 99), "x y");
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!(cleaned("äöüß", 3), "äöü…");
        assert_eq!(cleaned("äöü", 3), "äöü");
        assert_eq!(cleaned("ab c", 3), "ab…");
    }

    #[test]
    fn tags_styles_and_scripts_go() {
        let html =
            "<html><STYLE>p{x}</STYLE><script>if (a<b) {}</script><h1>502</h1>Bad <b>Gateway";
        assert_eq!(cleaned(&without_tags(html), 99), "502 Bad Gateway");
        assert_eq!(cleaned(&without_tags("<style>never closed"), 99), "");
        assert_eq!(cleaned(&without_tags("1 < 2"), 99), "1");
    }
}
