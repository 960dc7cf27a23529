// Wanted: a step whose result is kept.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step(cache = true)]
    async fn search(&self, topic: String) -> Result<String> {
        Ok(topic)
    }
}

fn main() {}
