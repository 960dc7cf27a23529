// Wanted: a workflow that is a module.
use agno::prelude::*;

#[workflow]
mod article {}

fn main() {}
