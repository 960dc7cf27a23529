// Wanted: the time in a flow; it is awaited like a step.
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
        let started = flow.now().await?;
        flow.search(format!("{topic} {started:?}")).await
    }
}

fn main() {}
