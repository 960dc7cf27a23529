//! Small things about texts from outside.

/// One line: no control characters, no runs of spaces.
pub(super) fn line(text: &str) -> String {
    let words = text.split(|at: char| at.is_whitespace() || at.is_control());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// Paragraphs: no control characters but line breaks, at most one empty line between lines, no
/// spaces at the ends of lines.
#[cfg(feature = "web")]
pub(super) fn tidy(text: &str) -> String {
    let mut tidied = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.lines() {
        let line: String = line
            .chars()
            .filter(|at| !at.is_control() || *at == '\t')
            .collect();
        let line = line.trim_end();
        if line.trim().is_empty() {
            empty += 1;
            continue;
        }
        if !tidied.is_empty() {
            tidied.push_str(if empty > 0 { "\n\n" } else { "\n" });
        }
        tidied.push_str(line);
        empty = 0;
    }
    tidied
}

/// The beginning of a text that is longer than so many characters: up to the end of its last whole
/// sentence, or else of its last word. `None` if it is not longer.
#[cfg(feature = "web")]
pub(super) fn cut(text: &str, longest: usize) -> Option<&str> {
    let (end, _) = text.char_indices().nth(longest)?;
    let whole = &text[..end];
    let sentence = whole
        .char_indices()
        .filter(|(at, mark)| match mark {
            // A full stop within a number or an address ends nothing.
            '.' | '!' | '?' => text[at + 1..].starts_with(char::is_whitespace),
            '。' | '！' | '？' | '\n' => true,
            _ => false,
        })
        .map(|(at, mark)| at + mark.len_utf8())
        .next_back();
    let word = whole.rfind(char::is_whitespace);
    let at = sentence
        .filter(|at| *at >= end / 2)
        .or(word.filter(|at| *at >= end / 2))
        .unwrap_or(end);
    Some(whole[..at].trim_end())
}

/// The beginning of a text, at most so many bytes, ending at a character.
pub(super) fn within(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(all(test, feature = "web"))]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_a_sentence_a_word_or_a_character() {
        assert_eq!(cut("short", 5), None);
        assert_eq!(
            cut("One is 1.5 here. Two follow", 20),
            Some("One is 1.5 here.")
        );
        assert_eq!(cut("One two three four", 10), Some("One two"));
        assert_eq!(cut("ääääääää", 3), Some("äää"));
        assert_eq!(cut("日本。日本語日本語", 4), Some("日本。"));
        assert_eq!(within("äöü", 3), "ä");
    }

    #[test]
    fn texts_are_tidied() {
        assert_eq!(line(" a\n\t b\u{1b}[31m "), "a b [31m");
        assert_eq!(tidy("\n a \n\n\n\nb\u{7}\nc\n"), " a\n\nb\nc");
    }
}
