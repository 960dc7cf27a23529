// Wanted: read the topic from a page.
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
        let topic = reqwest::get(topic).await?.text().await?;
        flow.search(topic).await
    }
}

fn main() {}
