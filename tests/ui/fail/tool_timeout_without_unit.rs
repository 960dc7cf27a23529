// Wanted: ten seconds.
use agno::prelude::*;

/// Searches the handbook.
#[tool(timeout = "10")]
async fn search(
    /// What to look for.
    query: String,
) -> String {
    query
}

fn main() {
    let _ = search::tool();
}
