// Wanted: a step as a function.
use agno::prelude::*;

#[step]
async fn search(topic: String) -> Result<String> {
    Ok(topic)
}

fn main() {}
