// Wanted: a connection that is not saved beside what is.
use agno::prelude::*;

#[derive(Default)]
struct Connection {
    open: bool,
}

#[data]
struct Page {
    title: String,
    #[serde(skip)]
    connection: Connection,
}

fn main() {}
