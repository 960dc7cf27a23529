// Wanted: one call for each topic.
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
    async fn run(flow: &Flow<Self>, topic: String) -> Result<Vec<String>> {
        flow.search(topic.clone()).await?;
        let topics = vec![topic];
        flow.parallel(topics.into_iter().map(|topic| flow.search(topic))).await
    }
}

fn main() {}
