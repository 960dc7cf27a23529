// Wanted: a step with the name of the flow.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step(name = "run")]
    async fn search(&self, topic: String) -> Result<String> {
        Ok(topic)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        flow.search(topic).await
    }
}

fn main() {}
