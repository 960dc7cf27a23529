// Wanted: a step that calls another step.
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
    async fn write(&self, flow: &Flow<Self>, topic: String) -> Result<String> {
        flow.search(topic).await
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        flow.write(topic).await
    }
}

fn main() {}
