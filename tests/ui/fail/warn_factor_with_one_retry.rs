// Wanted: wait longer before each retry.
#![deny(deprecated)]
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step(retry(max = 1, factor = 3.0))]
    async fn search(&self, topic: String) -> Result<String> {
        Ok(topic)
    }
}

fn main() {}
