// Wanted: a default for a failed step.
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
        let text = flow.search(topic).unwrap_or_default().await;
        Ok(text)
    }
}

fn main() {}
