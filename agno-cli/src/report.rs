//! What is printed on standard output.

use std::{
    io::{self, IsTerminal, Write},
    sync::OnceLock,
};

use agno_core::Json;
use serde::Serialize;

use crate::{failure::exit, progress::screen::say, text};

/// Why something that was to be printed is lost: the first reason.
static LOST: OnceLock<String> = OnceLock::new();

/// Prints one JSON value.
pub(crate) fn print_json<T: Serialize>(value: &T) {
    // Everything that is printed has string keys and finite numbers.
    if let Ok(json) = serde_json::to_string(value) {
        print(&text::pretty_json(&json));
    }
}

/// Prints one JSON value on a line of its own.
pub(crate) fn print_json_line<T: Serialize>(value: &T) {
    if let Ok(json) = serde_json::to_string(value) {
        print(&text::json_line(&json));
    }
}

/// Prints a result: a text as it is, anything else as JSON. On a terminal the text cannot give
/// orders to it.
pub(crate) fn print_result(output: &Json) {
    match output.decode::<String>() {
        Ok(words) if io::stdout().is_terminal() => print(&text::block(&words)),
        Ok(words) => print(&words),
        Err(_) => print(&text::pretty_json(output.as_str())),
    }
}

/// Prints lines. What cannot be written is told at the end, by [`code`].
pub(crate) fn print(text: &str) {
    let mut out = io::stdout().lock();
    let written = out
        .write_all(text.as_bytes())
        .and_then(|()| match text.ends_with('\n') {
            true => Ok(()),
            false => out.write_all(b"\n"),
        });
    note(&written.and_then(|()| out.flush()));
}

/// Takes note of what became of something that was printed. A reader that has gone away is no
/// failure.
pub(crate) fn note(written: &io::Result<()>) {
    if let Err(error) = written
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        LOST.get_or_init(|| error.to_string());
    }
}

/// The exit code of this process, which would be `code` if all has been printed. Says so if
/// something is lost.
pub(crate) fn code(code: u8) -> u8 {
    let Some(why) = LOST.get() else {
        return code;
    };
    say(&format!(
        "error: the output cannot be written: {}",
        text::line(why, 200)
    ));
    match code {
        exit::DONE => exit::FAILED,
        code => code,
    }
}

/// A table: columns as wide as they need to be, two spaces between them.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
    };
    let widths: Vec<_> = (0..columns)
        .map(|column| width(column).unwrap_or(0))
        .collect();
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(&format!("{cell:width$}  "));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}
