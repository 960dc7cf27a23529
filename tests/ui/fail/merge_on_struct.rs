// Wanted: lists that grow.
use agno::prelude::*;

#[data]
#[derive(Default, State)]
#[merge(append)]
struct Seen {
    items: Vec<String>,
}

fn main() {
    println!("{:?}", Seen::default());
}
