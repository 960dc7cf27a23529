// Wanted: an agent that can search.
use agno::prelude::*;

/// Finds pages.
#[tool]
async fn find(
    /// What to look for.
    query: String,
) -> Result<String> {
    Ok(query)
}

fn main() {
    let _agent = Agent::builder("Writer").tool(find);
}
