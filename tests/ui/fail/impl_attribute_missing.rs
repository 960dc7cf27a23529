// Wanted: a workflow with one step; the impl block was not marked.
use agno::prelude::*;

#[workflow]
struct Article;

impl Article {
    async fn search(&self, topic: String) -> Result<String> {
        Ok(topic)
    }
}

fn main() {}
