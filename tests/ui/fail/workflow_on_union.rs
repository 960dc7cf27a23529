// Wanted: a workflow that is a union.
use agno::prelude::*;

#[workflow]
union Article {
    pages: u32,
}

fn main() {}
