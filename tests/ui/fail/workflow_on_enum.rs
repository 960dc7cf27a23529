// Wanted: a workflow that is one of two things.
use agno::prelude::*;

#[workflow]
enum Article {
    Short,
    Long,
}

fn main() {}
