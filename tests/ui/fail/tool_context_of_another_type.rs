// Wanted: a client without copying it.
use agno::prelude::*;

struct Client;

/// Searches the handbook.
#[tool]
async fn search(
    /// What to look for.
    query: String,
    client: &Client,
) -> String {
    let _ = client;
    query
}

fn main() {
    let _ = search::tool();
}
