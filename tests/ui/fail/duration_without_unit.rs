// Wanted: a timeout of twenty seconds.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step(timeout = "20")]
    async fn search(&self, topic: String) -> Result<Vec<String>> {
        Ok(vec![topic])
    }
}

fn main() {}
