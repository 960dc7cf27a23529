// Wanted: a search with a timer.
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
        let found = flow.race((flow.search(topic),)).await?;
        Ok(vec![found.to_string()])
    }
}

fn main() {}
