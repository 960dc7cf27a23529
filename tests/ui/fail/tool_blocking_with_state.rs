// Wanted: a plain function that keeps notes.
use agno::prelude::*;

#[data]
#[derive(Default, State)]
struct Notes {
    lines: Vec<String>,
}

/// Writes a line.
#[tool]
fn note(
    notes: &mut Notes,
    /// The line.
    line: String,
) {
    notes.lines.push(line);
}

fn main() {
    let _ = note::tool();
}
