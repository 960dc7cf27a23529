// Wanted: a step that is a struct.
use agno::prelude::*;

#[step]
struct Search {
    topic: String,
}

fn main() {}
