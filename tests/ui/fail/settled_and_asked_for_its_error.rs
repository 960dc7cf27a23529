// Wanted: to know whether the search fails.
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
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        let failed = flow.search(topic).settle().await.is_err();
        Ok(format!("failed: {failed}"))
    }
}

fn main() {}
