// Wanted: search, and load a page at the same time.
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
        let (found, _page) = flow.parallel((flow.search(topic), async { Ok(1) })).await?;
        Ok(found)
    }
}

fn main() {}
