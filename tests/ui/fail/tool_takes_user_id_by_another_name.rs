// Wanted: the orders of the user who asks, past the rule.
use agno::prelude::*;

/// Lists the user's orders.
#[tool]
async fn orders(
    /// Whose orders.
    #[serde(rename = "user_id")]
    whose: String,
) -> Vec<String> {
    vec![whose]
}

fn main() {
    let _ = orders::tool();
}
