// Wanted: a timeout of five minutes.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step(timeout = "5 minutes")]
    async fn search(&self, topic: String) -> Result<Vec<String>> {
        Ok(vec![topic])
    }
}

fn main() {}
