// Wanted: to say how many were found.
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
        let found = flow.search(topic).await?;
        flow.say("{} found", found.len());
        Ok(found)
    }
}

fn main() {}
