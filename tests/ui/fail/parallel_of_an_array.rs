// Wanted: two searches at the same time.
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
        let found = flow
            .parallel([flow.search(topic.clone()), flow.search(topic)])
            .await?;
        Ok(found.concat())
    }
}

fn main() {}
