// Wanted: an error type of one's own.
use agno::prelude::*;

struct Missing;

/// Searches the handbook.
#[tool]
async fn search(
    /// What to look for.
    query: String,
) -> Result<String, Missing> {
    if query.is_empty() { Err(Missing) } else { Ok(query) }
}

fn main() {
    let _ = search::tool();
}
