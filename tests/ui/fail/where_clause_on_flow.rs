// Wanted: a flow for what can be sent.
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
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String>
    where
        Self: Send,
    {
        flow.search(topic).await
    }
}

fn main() {}
