// Wanted: keep notes.
use agno::prelude::*;

struct Notes {
    lines: Vec<String>,
}

/// Writes a line.
#[tool]
async fn note(
    notes: &mut Notes,
    /// The line.
    line: String,
) {
    notes.lines.push(line);
}

fn main() {
    let _ = note::tool();
}
