// Wanted: a workflow that is a function.
use agno::prelude::*;

#[workflow]
fn article() {}

fn main() {}
