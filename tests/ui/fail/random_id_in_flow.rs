// Wanted: an id for what is written.
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
        let id = uuid::Uuid::new_v4();
        flow.search(format!("{topic} {id}")).await
    }
}

fn main() {}
