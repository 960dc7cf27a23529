// Wanted: an agent as a step, but it is a text.
use agno::prelude::*;

#[workflow]
struct Article {
    #[step]
    writer: String,
}

fn main() {}
