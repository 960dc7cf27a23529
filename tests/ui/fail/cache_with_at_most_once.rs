// Wanted: publish once.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step(at_most_once, cache)]
    async fn search(&self, topic: String) -> Result<Vec<String>> {
        Ok(vec![topic])
    }
}

fn main() {}
