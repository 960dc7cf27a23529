// Wanted: to wait an hour for the answer.
use std::time::Duration;

use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn publish(&self, topic: String) -> Result<String> {
        Ok(topic)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        if !flow.confirm("Publish this?").await?.timeout(Duration::from_secs(3600)) {
            return Ok("left out".to_owned());
        }
        flow.publish(topic).await
    }
}

fn main() {}
