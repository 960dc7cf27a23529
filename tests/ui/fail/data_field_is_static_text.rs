// Wanted: a note with a fixed text.
use agno::prelude::*;

#[data]
struct Note {
    text: Option<&'static str>,
}

fn main() {}
