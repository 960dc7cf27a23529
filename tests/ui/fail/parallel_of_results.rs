// Wanted: a search beside another.
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
        let other = flow.search(topic.clone());
        let (a, b) = flow.parallel((flow.search(topic).await?, other)).await?;
        Ok([a, b].concat())
    }
}

fn main() {}
