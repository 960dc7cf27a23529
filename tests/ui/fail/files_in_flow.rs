// Wanted: read the topic from a file.
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
        let topic = std::fs::read_to_string(topic)?;
        flow.search(topic).await
    }
}

fn main() {}
