// Wanted: a rule that a later step applies.
use agno::prelude::*;

#[data]
struct Rule {
    name: String,
    apply: fn(u32) -> u32,
}

fn main() {}
