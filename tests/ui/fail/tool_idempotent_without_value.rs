// Wanted: a letter that is sent once.
use agno::prelude::*;

/// Sends a letter.
#[tool(idempotent)]
async fn send(
    /// The text.
    text: String,
) -> String {
    text
}

fn main() {
    let _ = send::tool();
}
