// Wanted: a flow that cannot fail.
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
    async fn run(flow: &Flow<Self>, topic: String) -> usize {
        flow.search(topic).await.map_or(0, |found| found.len())
    }
}

fn main() {}
