// Wanted: a flow beside its workflow.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn search(&self, topic: String) -> Result<Vec<String>> {
        Ok(vec![topic])
    }
}

#[flow]
async fn run(flow: &Flow<Article>, topic: String) -> Result<Vec<String>> {
    Ok(flow.search(topic).await?)
}

fn main() {}
