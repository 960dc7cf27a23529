// Wanted: two fields in the session's state; one of them takes the other's name.
#![allow(unreachable_patterns)] // serde's own word on it
use agno::prelude::*;

#[data]
#[derive(Default, State)]
struct Notes {
    sources: u32,
    #[serde(rename = "sources")]
    found: u32,
}

fn main() {}
