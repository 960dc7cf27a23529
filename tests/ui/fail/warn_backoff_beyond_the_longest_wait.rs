// Wanted: wait a minute before the first retry.
#![deny(deprecated)]
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step(retry(max = 3, backoff = "1m"))]
    async fn search(&self, topic: String) -> Result<String> {
        Ok(topic)
    }
}

fn main() {}
