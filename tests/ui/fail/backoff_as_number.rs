// Wanted: a first wait of a hundred milliseconds.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step(retry(max = 3, backoff = 100))]
    async fn search(&self, topic: String) -> Result<Vec<String>> {
        Ok(vec![topic])
    }
}

fn main() {}
