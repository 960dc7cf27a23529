// Wanted: a description.
use agno::prelude::*;

#[tool(description = "Searches the handbook.")]
async fn search(
    /// What to look for.
    query: String,
) -> String {
    query
}

fn main() {
    let _ = search::tool();
}
