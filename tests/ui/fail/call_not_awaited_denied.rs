// Wanted: search, in a crate that denies what is not used.
#![deny(unused_must_use)]
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
        flow.search(topic);
        Ok(Vec::new())
    }
}

fn main() {}
