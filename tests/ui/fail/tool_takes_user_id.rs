// Wanted: the orders of the user who asks.
use agno::prelude::*;

/// Lists the user's orders.
#[tool]
async fn orders(
    /// Whose orders.
    user_id: String,
) -> Vec<String> {
    vec![user_id]
}

fn main() {
    let _ = orders::tool();
}
