// Wanted: a flow; its input was written first.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn search(&self, topic: String) -> Result<String> {
        Ok(topic)
    }

    #[flow]
    async fn run(topic: &str, flow: &Flow<Article>) -> Result<String> {
        flow.search(topic.to_owned()).await
    }
}

fn main() {}
