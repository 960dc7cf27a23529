// Wanted: the first of two.
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
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        flow.search(topic.clone()).await?;
        tokio::select! {
            found = flow.search(topic.clone()) => found,
            found = flow.search(topic) => found,
        }
    }
}

fn main() {}
