// Wanted: an argument whose name says enough.
use agno::prelude::*;

/// Searches the handbook.
#[tool]
async fn search(query: String, context: &ToolContext) -> Result<String> {
    Ok(format!("{query} {}", context.agent()))
}

fn main() {
    let _ = search::tool();
}
