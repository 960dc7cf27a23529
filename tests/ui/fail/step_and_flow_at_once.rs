// Wanted: a step that calls steps.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn search(&self, topic: String) -> Result<String> {
        Ok(topic)
    }

    #[step]
    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        flow.search(topic).await
    }
}

fn main() {}
