// Wanted: a tool for every text.
use agno::prelude::*;

/// Searches the handbook.
#[tool]
async fn search<T: Into<String>>(
    /// What to look for.
    query: T,
) -> String {
    query.into()
}

fn main() {
    let _ = search::tool();
}
