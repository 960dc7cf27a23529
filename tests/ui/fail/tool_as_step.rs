// Wanted: a tool that is a step.
use agno::prelude::*;

/// Finds pages.
#[tool]
async fn find(
    /// What to look for.
    query: String,
) -> Result<String> {
    Ok(query)
}

#[workflow]
struct Article {
    #[step]
    search: find,
}

fn main() {}
