// Wanted: a limit for one call.
use agno::prelude::*;

use std::time::Duration;
use tokio::time::timeout;

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
        flow.search(topic.clone()).await?;
        match timeout(Duration::from_secs(1), flow.search(topic)).await {
            Ok(found) => found,
            Err(_) => bail!("late"),
        }
    }
}

fn main() {}
