// Wanted: a description, later.
use agno::prelude::*;

/// Searches the handbook.
#[tool]
async fn search(#[doc = ""] query: String) -> Result<String> {
    Ok(query)
}

fn main() {
    let _ = search::tool();
}
