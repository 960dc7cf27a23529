// Wanted: a function that makes a value.
use agno::data;

#[data]
fn topic() -> String {
    String::new()
}

fn main() {}
