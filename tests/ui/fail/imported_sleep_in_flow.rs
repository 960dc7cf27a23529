// Wanted: to wait for a minute.
use agno::prelude::*;
use tokio::time::sleep;

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
        sleep(Duration::from_secs(60)).await;
        flow.search(topic).await
    }
}

fn main() {}
