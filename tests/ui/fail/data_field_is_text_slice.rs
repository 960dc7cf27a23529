// Wanted: a note with its text.
use agno::prelude::*;

#[data]
struct Note {
    text: &str,
}

fn main() {}
