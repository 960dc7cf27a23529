// Wanted: give a tool a connection.
use agno::prelude::*;

struct Connection(std::net::TcpStream);

/// Searches the handbook.
#[tool]
async fn search(
    /// What to look for.
    query: String,
    /// Where.
    on: Connection,
) -> Result<String> {
    Ok(format!("{query} {:?}", on.0))
}

fn main() {
    let _ = search::tool();
}
