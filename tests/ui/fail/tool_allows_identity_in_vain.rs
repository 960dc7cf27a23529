// Wanted: a list of all orders.
use agno::prelude::*;

/// Lists orders.
#[tool(allow_identity)]
async fn orders() -> Vec<String> {
    Vec::new()
}

fn main() {
    let _ = orders::tool();
}
