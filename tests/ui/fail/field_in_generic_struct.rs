// Wanted: a step of any type.
use agno::prelude::*;

#[workflow]
struct Article<T> {
    #[step]
    writer: T,
}

fn main() {}
