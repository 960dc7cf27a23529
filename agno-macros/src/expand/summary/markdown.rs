//! Markdown that means what the text says: nothing a user wrote becomes markup, a link or HTML.

/// Text between other text.
pub(super) fn prose(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut rest = line(text).peekable();
    while let Some(character) = rest.next() {
        let is_markup = match character {
            '\\' | '`' | '*' | '_' | '~' | '^' | '[' | ']' | '<' | '>' | '&' | '#' | '{' | '}'
            | '$' => true,
            // A bare address is a warning of rustdoc.
            ':' => rest.peek() == Some(&'/'),
            _ => false,
        };
        if is_markup {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// A span of code.
pub(super) fn code(text: &str) -> String {
    let text: String = line(text).collect();
    let fence = "`".repeat(longest_run(&text) + 1);
    let pad = if text.contains('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A block of text, as it stands.
pub(super) fn block(text: &str) -> String {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    format!("\n{fence}text\n{text}{fence}\n")
}

/// The columns that have something in them.
pub(super) fn table<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> String {
    let is_shown: Vec<bool> = (0..N)
        .map(|column| rows.iter().any(|row| !row[column].is_empty()))
        .collect();
    let mut text = String::new();
    let mut row = |cells: &[&str; N]| {
        for (cell, _) in cells.iter().zip(&is_shown).filter(|(_, shown)| **shown) {
            text.push_str("| ");
            text.push_str(&cell.replace('|', "\\|"));
            text.push(' ');
        }
        text.push_str("|\n");
    };
    row(&head);
    row(&["---"; N]);
    for cells in rows {
        row(&cells.each_ref().map(String::as_str));
    }
    text
}

/// One line, without what would change how the rest of it is read or shown.
pub(super) fn line(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter_map(|character| match character {
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => None,
        control if control.is_control() => Some(' '),
        other => Some(other),
    })
}

fn longest_run(text: &str) -> usize {
    let runs = text.split(|character| character != '`');
    runs.map(str::len).max().unwrap_or_default()
}
