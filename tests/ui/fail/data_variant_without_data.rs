// Wanted: two ways to answer; `#[data]` was forgotten on what is in one.
use agno::prelude::*;

struct Draft {
    text: String,
}

#[data]
enum Answer {
    Written(Box<Draft>),
    Refused { reason: String },
}

fn main() {}
