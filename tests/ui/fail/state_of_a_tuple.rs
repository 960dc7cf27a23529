// Wanted: a state of one number.
use agno::prelude::*;

#[agno::data]
#[derive(Default, State)]
struct Pages(u32);

fn main() {}
