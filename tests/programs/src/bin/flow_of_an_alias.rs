//! A flow may name its workflow as it likes.
use agno::prelude::*;

#[workflow]
struct Article;

type This = Article;

#[workflow]
impl Article {
    #[step]
    async fn search(&self, topic: String) -> Result<String> {
        Ok(topic)
    }

    #[flow]
    async fn run(flow: &Flow<This>, topic: String) -> Result<String> {
        flow.search(topic).await
    }
}

fn main() {}
