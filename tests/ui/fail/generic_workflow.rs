// Wanted: a workflow over any model.
use agno::prelude::*;

#[workflow]
struct Article<M> {
    model: M,
}

fn main() {}
