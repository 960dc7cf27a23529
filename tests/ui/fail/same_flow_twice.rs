// Wanted: a flow and a sub-flow; the second was copied.
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
        flow.search(topic).await
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        flow.search(topic).await
    }
}

fn main() {}
