// Wanted: a flow that fails with any error.
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
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String, Box<dyn std::error::Error>> {
        let found = flow.search(topic).await?;
        Ok(found)
    }
}

fn main() {}
