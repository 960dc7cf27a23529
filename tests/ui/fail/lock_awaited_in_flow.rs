// Wanted: to see what the step has found.
use agno::prelude::*;

#[workflow]
struct Article {
    seen: tokio::sync::Mutex<Vec<String>>,
}

#[workflow]
impl Article {
    #[step]
    async fn search(&self, topic: String) -> Result<String> {
        Ok(topic)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<usize> {
        flow.search(topic.clone()).await?;
        Ok(flow.workflow().seen.lock().await.len())
    }
}

fn main() {}
