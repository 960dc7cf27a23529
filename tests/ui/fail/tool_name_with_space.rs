// Wanted: a readable name.
use agno::prelude::*;

/// Searches the handbook.
#[tool(name = "search handbook")]
async fn search(
    /// What to look for.
    query: String,
) -> String {
    query
}

fn main() {
    let _ = search::tool();
}
