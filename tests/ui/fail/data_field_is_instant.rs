// Wanted: when a page was seen.
use std::time::Instant;

use agno::prelude::*;

#[data]
struct Seen {
    at: Instant,
}

fn main() {}
