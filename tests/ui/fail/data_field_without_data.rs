// Wanted: an order of items; `#[data]` was forgotten on the second type.
use agno::prelude::*;

struct Item {
    name: String,
    pieces: u32,
}

#[data]
struct Order {
    number: u64,
    items: Vec<Item>,
    first: Option<Item>,
}

fn main() {}
