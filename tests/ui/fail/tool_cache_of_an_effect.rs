// Wanted: a letter that is sent once.
use agno::prelude::*;

/// Sends a letter.
#[tool(cache(ttl = "5m"), idempotent = false)]
async fn send(
    /// The text.
    text: String,
) -> String {
    text
}

fn main() {
    let _ = send::tool();
}
