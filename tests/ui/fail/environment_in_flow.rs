// Wanted: read the topic from the environment.
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
        let topic = std::env::var("TOPIC").unwrap_or(topic);
        flow.search(topic).await
    }
}

fn main() {}
