// Wanted: no second search for the same.
use agno::prelude::*;

/// Searches the handbook.
#[tool(cache)]
async fn search(
    /// What to look for.
    query: String,
) -> String {
    query
}

fn main() {
    let _ = search::tool();
}
