// Wanted: notes that are written fast.
use agno::prelude::*;

#[data]
#[derive(Default, State)]
struct Notes {
    lines: Vec<String>,
}

/// Writes a line.
#[tool(cache(ttl = "5m"))]
async fn note(
    /// The line.
    line: String,
    notes: &mut Notes,
) {
    notes.lines.push(line);
}

fn main() {
    let _ = note::tool();
}
