// Wanted: answer with a connection.
use agno::prelude::*;

struct Connection(#[allow(dead_code)] std::net::TcpStream);

/// Connects.
#[tool]
async fn connect(
    /// Where to.
    address: String,
) -> Result<Connection> {
    Ok(Connection(std::net::TcpStream::connect(address)?))
}

fn main() {
    let _ = connect::tool();
}
