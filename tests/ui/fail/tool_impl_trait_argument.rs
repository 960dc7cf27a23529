// Wanted: a tool for every text.
use agno::prelude::*;

/// Searches the handbook.
#[tool]
async fn search(
    /// What to look for.
    query: impl Into<String>,
) -> String {
    query.into()
}

fn main() {
    let _ = search::tool();
}
