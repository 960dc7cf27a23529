// Wanted: keep the text of both steps.
use agno::prelude::*;

#[data]
#[derive(Default, State)]
struct Notes {
    #[merge(append)]
    text: String,
}

fn main() {}
