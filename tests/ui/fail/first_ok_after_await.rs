// Wanted: the first search that succeeds.
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
        let calls = vec![flow.search(topic.clone()), flow.search(topic)];
        let (_, found) = flow.race(calls).await.first_ok()?;
        Ok(found)
    }
}

fn main() {}
