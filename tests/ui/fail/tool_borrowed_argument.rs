// Wanted: no copy of a text.
use agno::prelude::*;

/// Searches the handbook.
#[tool]
async fn search(
    /// What to look for.
    query: &str,
) -> Result<String> {
    Ok(query.to_owned())
}

fn main() {
    let _ = search::tool();
}
