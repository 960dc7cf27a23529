// Wanted: a state that is one of two things.
use agno::prelude::*;

#[derive(State)]
union Notes {
    pages: u32,
    words: u32,
}

fn main() {}
