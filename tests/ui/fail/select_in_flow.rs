// Wanted: take what comes first.
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
        tokio::select! {
            found = flow.search(topic.clone()) => return found,
            _ = flow.sleep(std::time::Duration::from_secs(60)) => {}
        }
        flow.search(topic).await
    }
}

fn main() {}
