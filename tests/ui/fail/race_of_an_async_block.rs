// Wanted: take the search, or nothing.
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
        match flow.race((flow.search(topic), async { Ok(()) })).await? {
            _ => Ok(Vec::new()),
        }
    }
}

fn main() {}
