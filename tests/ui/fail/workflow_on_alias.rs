// Wanted: a workflow that is an alias.
use agno::prelude::*;

#[workflow]
type Article = String;

fn main() {}
