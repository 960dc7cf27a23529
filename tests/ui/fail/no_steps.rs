// Wanted: a step; the method was not marked.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    async fn search(&self, topic: String) -> Result<String> {
        Ok(topic)
    }
}

fn main() {}
