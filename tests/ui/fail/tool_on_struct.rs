// Wanted: a struct as a tool.
use agno::prelude::*;

/// Searches the handbook.
#[tool]
struct Search {
    query: String,
}

fn main() {
    let _ = Search { query: String::new() }.query;
}
