// Wanted: an argument for debugging.
use agno::prelude::*;

/// Searches the handbook.
#[tool]
async fn search(
    /// Whether to explain.
    #[cfg(not(unix))]
    explain: bool,
) -> Result<String> {
    Ok(String::new())
}

fn main() {
    let _ = search::tool();
}
