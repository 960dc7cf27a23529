// Wanted: a workflow that is a constant.
use agno::prelude::*;

#[workflow]
const ARTICLE: u32 = 1;

fn main() {}
