// Wanted: a flow; its parameter does not say of which workflow.
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
    async fn run(flow: &Flow, topic: String) -> Result<String> {
        flow.search(topic).await
    }
}

fn main() {}
