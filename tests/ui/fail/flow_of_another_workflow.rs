// Wanted: a flow; its parameter is that of another workflow.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn search(&self, topic: String) -> Result<String> {
        Ok(topic)
    }
}

#[workflow]
struct Digest;

#[workflow]
impl Digest {
    #[step]
    async fn shorten(&self, topic: String) -> Result<String> {
        Ok(topic)
    }

    #[flow]
    async fn run(flow: &Flow<Article>, topic: String) -> Result<String> {
        flow.search(topic).await
    }
}

fn main() {}
