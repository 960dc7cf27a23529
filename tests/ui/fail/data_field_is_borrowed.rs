// Wanted: the item that was chosen.
use agno::prelude::*;

#[data]
struct Item {
    name: String,
}

#[data]
enum Choice {
    Item(&Item),
    Nothing,
}

fn main() {}
