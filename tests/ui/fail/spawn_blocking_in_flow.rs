// Wanted: long work on a thread.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn search(&self, topic: String) -> Result<String> {
        Ok(topic)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<usize> {
        flow.search(topic.clone()).await?;
        let work = tokio::task::spawn_blocking(move || topic.len());
        Ok(work.await?)
    }
}

fn main() {}
