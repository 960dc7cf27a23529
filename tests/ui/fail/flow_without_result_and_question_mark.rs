// Wanted: what the search finds.
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
    async fn run(flow: &Flow<Self>, topic: String) -> Vec<String> {
        let found = flow.search(topic).await?;
        found
    }
}

fn main() {}
