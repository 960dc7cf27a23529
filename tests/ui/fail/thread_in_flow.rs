// Wanted: wait a second between two searches.
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
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        flow.search(topic.clone()).await?;
        std::thread::sleep(std::time::Duration::from_secs(1));
        Ok(flow.search(topic).await?.concat())
    }
}

fn main() {}
