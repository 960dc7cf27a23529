// Wanted: a flow that reads what its steps have noted.
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
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        let notes = flow.state();
        flow.search(notes.topic).await
    }
}

fn main() {}
