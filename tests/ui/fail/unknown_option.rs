// Wanted: a timeout.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step(timout = "20s")]
    async fn search(&self, topic: String) -> Result<Vec<String>> {
        Ok(vec![topic])
    }
}

fn main() {}
