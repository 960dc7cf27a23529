// Wanted: a sub-flow; it takes `&self` like a step.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn search(&self, topic: String) -> Result<Vec<String>> {
        Ok(vec![topic])
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<Vec<String>> {
        flow.gather(topic).await
    }

    #[flow]
    async fn gather(&self, flow: &Flow<Self>, topic: String) -> Result<Vec<String>> {
        flow.search(topic).await
    }
}

fn main() {}
