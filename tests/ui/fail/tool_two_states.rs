// Wanted: change two things.
use agno::prelude::*;

#[data]
#[derive(Default, State)]
struct Notes {
    lines: Vec<String>,
}

/// Moves the lines.
#[tool]
async fn shift(notes: &mut Notes, more: &mut Notes) {
    notes.lines.append(&mut more.lines);
}

fn main() {
    let _ = shift::tool();
}
