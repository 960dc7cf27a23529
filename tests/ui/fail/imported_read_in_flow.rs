// Wanted: a text from a file.
use agno::prelude::*;

use std::fs::read_to_string;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn search(&self, topic: String) -> Result<String> {
        Ok(topic)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        flow.search(topic.clone()).await?;
        let text = read_to_string(&topic)?;
        flow.search(text).await
    }
}

fn main() {}
