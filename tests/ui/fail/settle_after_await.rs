// Wanted: to go on when the search fails.
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
        let found = flow.search(topic).await.settle();
        Ok(found.unwrap_or_default())
    }
}

fn main() {}
