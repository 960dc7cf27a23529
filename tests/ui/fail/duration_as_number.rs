// Wanted: a timeout of forty-five seconds.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step(timeout = 45)]
    async fn search(&self, topic: String) -> Result<Vec<String>> {
        Ok(vec![topic])
    }
}

fn main() {}
