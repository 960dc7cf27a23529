// Wanted: a tool that searches.
use agno::prelude::*;

#[tool]
async fn search(
    /// What to look for.
    query: String,
) -> Result<String> {
    Ok(query)
}

fn main() {
    let _ = search::tool();
}
