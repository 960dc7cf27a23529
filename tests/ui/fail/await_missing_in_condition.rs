// Wanted: to ask first.
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
        if flow.confirm("Search?") {
            return flow.search(topic).await;
        }
        Ok(Vec::new())
    }
}

fn main() {}
