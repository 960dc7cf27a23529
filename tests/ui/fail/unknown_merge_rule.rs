// Wanted: add the numbers of both steps.
use agno::prelude::*;

#[data]
#[derive(Default, State)]
struct Notes {
    #[merge(add)]
    drafts: u32,
}

fn main() {}
