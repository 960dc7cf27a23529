// Wanted: to stop after an hour.
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
        let start = flow.now();
        let found = flow.search(topic).await?;
        ensure!(
            start.elapsed()? < Duration::from_secs(3600),
            "it took too long"
        );
        Ok(found)
    }
}

fn main() {}
