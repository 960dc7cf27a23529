// Wanted: try one of two topics.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn search(&self, topic: String) -> Result<Vec<String>> {
        Ok(vec![topic])
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<Vec<String>> {
        let topic = if rand::random() { topic } else { "cats".to_owned() };
        flow.search(topic).await
    }
}

fn main() {}
