// Wanted: two searches at a time.
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
    async fn run(flow: &Flow<Self>, topics: Vec<String>) -> Result<Vec<String>> {
        let found = flow.map(topics, |topic| flow.search(topic)).await?.limit(2);
        Ok(found)
    }
}

fn main() {}
