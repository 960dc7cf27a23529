// Wanted: three retries.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step(retries = 3)]
    async fn search(&self, topic: String) -> Result<Vec<String>> {
        Ok(vec![topic])
    }
}

fn main() {}
