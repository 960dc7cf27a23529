// Wanted: a state that is one of two things.
use agno::prelude::*;

#[data]
#[derive(Default, State)]
enum Notes {
    #[default]
    Empty,
    Full,
}

fn main() {}
