// Wanted: a list of numbers that somebody else has.
use agno::prelude::*;

#[data]
struct Numbers<'a> {
    all: &'a [u32],
}

fn main() {}
