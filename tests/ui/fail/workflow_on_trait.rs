// Wanted: a workflow that is a trait.
use agno::prelude::*;

#[workflow]
trait Article {}

fn main() {}
