// Wanted: a first wait of half a second.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step(retry(max = 3, backoff = 500ms))]
    async fn search(&self, topic: String) -> Result<Vec<String>> {
        Ok(vec![topic])
    }
}

fn main() {}
