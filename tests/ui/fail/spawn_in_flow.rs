// Wanted: search in the background.
use agno::prelude::*;
mod tokio {
    pub fn spawn(_: impl Future) {}
}

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
        tokio::spawn(async {});
        Ok(flow.search(topic).await?.concat())
    }
}

fn main() {}
