// Wanted: wait a minute.
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
        tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        flow.search(topic).await
    }
}

fn main() {}
