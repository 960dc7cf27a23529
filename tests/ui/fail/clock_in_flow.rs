// Wanted: tell how long the search took.
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
        let started = std::time::Instant::now();
        let found = flow.search(topic).await?;
        Ok(format!("{found:?} after {:?}", started.elapsed()))
    }
}

fn main() {}
