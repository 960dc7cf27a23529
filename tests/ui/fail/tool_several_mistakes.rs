// Wanted: a tool, in a hurry. Errors: 7.
use agno::prelude::*;

#[tool(timeout = "soon", cach(ttl = "5m"))]
async unsafe fn orders(
    user_id: String,
    /// The first page.
    page: &str,
) -> Vec<String> {
    vec![user_id, page.to_owned()]
}

fn main() {
    let _ = orders::tool();
}
