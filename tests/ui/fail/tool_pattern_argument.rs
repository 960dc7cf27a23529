// Wanted: take a pair apart at once.
use agno::prelude::*;

/// Adds two numbers.
#[tool]
fn add(
    /// The numbers.
    (a, b): (u32, u32),
) -> u32 {
    a + b
}

fn main() {
    let _ = add::tool();
}
