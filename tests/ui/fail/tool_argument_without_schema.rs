// Wanted: an argument of a type that serde can read.
use agno::prelude::*;

#[derive(Debug, Deserialize)]
struct Place {
    city: String,
}

/// Finds shops.
#[tool]
fn shops(
    /// Where.
    near: Vec<Place>,
) -> String {
    near.into_iter().map(|place| place.city).collect()
}

fn main() {
    let _ = shops::tool();
}
