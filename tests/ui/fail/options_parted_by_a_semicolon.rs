// Wanted: three retries, the first after a second.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step(retry(max = 3; backoff = "1s"))]
    async fn search(&self, topic: String) -> Result<Vec<String>> {
        Ok(vec![topic])
    }
}

fn main() {}
