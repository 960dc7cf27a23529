// Wanted: a report of what went wrong.
use agno::prelude::*;

#[data]
struct Failure {
    page: String,
    error: std::io::Error,
}

fn main() {}
