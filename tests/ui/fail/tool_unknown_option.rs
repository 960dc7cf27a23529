// Wanted: a time limit.
use agno::prelude::*;

/// Searches the handbook.
#[tool(timout = "10s")]
async fn search(
    /// What to look for.
    query: String,
) -> String {
    query
}

fn main() {
    let _ = search::tool();
}
