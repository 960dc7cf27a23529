// Wanted: two calls at a time.
#![allow(unused_imports)] // beside an error
use agno::prelude::*;

use futures_util::{StreamExt, stream};

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
        let calls = stream::iter(vec![topic]).map(|topic| flow.search(topic));
        let found: Vec<_> = calls.buffer_unordered(2).collect().await;
        found.into_iter().collect()
    }
}

fn main() {}
