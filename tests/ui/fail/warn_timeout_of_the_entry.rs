// Wanted: no run takes longer than two minutes.
#![deny(deprecated)]
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn search(&self, topic: String) -> Result<String> {
        Ok(topic)
    }

    #[flow(timeout = "2m")]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        flow.search(topic).await
    }
}

fn main() {}
