// Wanted: one call for each topic.
#![allow(unused_imports, unused_macros)] // beside an error
use agno::prelude::*;

use futures_util::future::join_all;

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
        let found = join_all(topics.into_iter().map(|topic| flow.search(topic))).await;
        found.into_iter().collect()
    }
}

fn main() {}
