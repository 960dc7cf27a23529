//! Prose out of plain text and reStructuredText: paragraphs between blank lines, underlined headings.

use super::clean::PageBuilder;

/// Shorter underlines are list bullets or dashes.
const MIN_UNDERLINE: usize = 3;

pub(crate) fn read(text: &str, page: &mut PageBuilder) {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let mut underlines = Vec::new(); // in order of first use: that is their level
    let mut paragraph: Vec<&str> = Vec::new();
    // After `::` an indented block is code; `..` starts a directive or a comment.
    let mut literal = false;
    let mut at = 0;
    while let Some(&line) = lines.get(at) {
        at += 1;
        if line.is_empty() {
            literal = flush(&mut paragraph, page) || literal;
            continue;
        }
        if literal {
            if line.starts_with([' ', '\t']) {
                continue;
            }
            literal = false;
        }
        if paragraph.is_empty() && (line == ".." || line.starts_with(".. ")) {
            literal = true;
            continue;
        }
        if let Some(mark) = lines.get(at).and_then(|next| underline(line, next))
            && paragraph.is_empty()
        {
            let level = match underlines.iter().position(|&known| known == mark) {
                Some(level) => level,
                None => {
                    underlines.push(mark);
                    underlines.len() - 1
                }
            };
            page.heading(u8::try_from(level + 1).unwrap_or(u8::MAX), &inline(line));
            at += 1;
            continue;
        }
        if is_rule(line) {
            literal = flush(&mut paragraph, page);
            continue;
        }
        if starts_item(line) || defines(&paragraph, line) {
            flush(&mut paragraph, page);
        }
        paragraph.push(line);
    }
    flush(&mut paragraph, page);
}

/// Ends a paragraph; `true` if it announces a literal block.
fn flush(paragraph: &mut Vec<&str>, page: &mut PageBuilder) -> bool {
    let announces = paragraph.last().is_some_and(|last| last.ends_with("::"));
    let joined = paragraph.join("\n");
    paragraph.clear();
    let text = joined.trim_start().trim_start_matches(['-', '*', '•']);
    page.paragraph(&inline(text).replace("::", ":"));
    announces
}

fn underline(line: &str, next: &str) -> Option<char> {
    let mark = next.chars().next()?;
    let wide = next.chars().count();
    let fits = wide >= MIN_UNDERLINE && wide + 1 >= line.trim().chars().count();
    (fits && is_rule(next) && line.chars().any(char::is_alphanumeric)).then_some(mark)
}

fn is_rule(line: &str) -> bool {
    let mut chars = line.chars();
    let Some(first) = chars.next() else {
        return false;
    };
    "=-~^\"'`#*+_.:".contains(first)
        && line.chars().count() >= MIN_UNDERLINE
        && chars.all(|c| c == first)
}

fn starts_item(line: &str) -> bool {
    let line = line.trim_start();
    let digits = line.trim_start_matches(|c: char| c.is_ascii_digit());
    ["- ", "* ", "• "]
        .iter()
        .any(|bullet| line.starts_with(bullet))
        || (digits.len() < line.len() && (digits.starts_with(". ") || digits.starts_with(") ")))
}

/// `term`, and below it, indented, what it means.
fn defines(paragraph: &[&str], line: &str) -> bool {
    let [term] = paragraph else { return false };
    line.starts_with([' ', '\t'])
        && !term.starts_with([' ', '\t'])
        && !starts_item(term)
        && term.ends_with(char::is_alphanumeric)
}

/// Takes reStructuredText's roles and link targets away: ``:func:`x` `` is `x`, `` `text <url>`_ `` is `text`.
fn inline(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('`') {
        out.push_str(without_role(before));
        let after = after.trim_start_matches('`');
        let Some((quoted, behind)) = after.split_once('`') else {
            rest = after;
            break;
        };
        let shown = match quoted.rsplit_once('<') {
            Some((name, target)) if target.ends_with('>') && !name.trim().is_empty() => {
                name.trim_end()
            }
            _ => quoted,
        };
        out.push_str(shown.trim_start_matches('~'));
        rest = behind.trim_start_matches('`').trim_start_matches('_');
    }
    out.push_str(rest);
    out.replace("**", "")
}

fn without_role(text: &str) -> &str {
    let Some(inner) = text.strip_suffix(':') else {
        return text;
    };
    match inner.rfind(':') {
        Some(start)
            if start + 1 < inner.len()
                && inner[start + 1..]
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c == '-') =>
        {
            &text[..start]
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::super::clean::clean;
    use super::super::source::Format;

    #[test]
    fn headings_paragraphs_and_items() {
        let text = "The title\n=========\n\nFirst line\nsecond line.\n\nPart\n----\n- one\n- two\n  more\n\nEnd.\n";
        let page = clean(Format::Text, text);
        assert_eq!(page.title.as_deref(), Some("The title"));
        assert_eq!(page.sections[0].paragraphs, ["First line second line."]);
        assert_eq!(page.sections[1].level, 2);
        assert_eq!(page.sections[1].paragraphs, ["one", "two more", "End."]);
    }

    #[test]
    fn directives_and_literal_blocks_are_dropped() {
        let text = "Use :func:`open` like this::\n\n    code here\n\n.. note::\n   hidden\n\nSee `the site <http://x>`_ now.\n";
        let page = clean(Format::Text, text);
        assert_eq!(
            page.sections[0].paragraphs,
            ["Use open like this:", "See the site now."]
        );
    }

    #[test]
    fn a_term_stands_apart_from_its_definition() {
        let page = clean(
            Format::Text,
            "Parser\n    Reads the\n    text with :mod:`~email.x`.\n",
        );
        assert_eq!(
            page.sections[0].paragraphs,
            ["Parser", "Reads the text with email.x."]
        );
    }

    #[test]
    fn an_indented_text_without_markers_is_kept() {
        let page = clean(
            Format::Text,
            "    All of it is indented.\n    Still prose.\n",
        );
        assert_eq!(
            page.sections[0].paragraphs,
            ["All of it is indented. Still prose."]
        );
    }
}
