// Wanted: two steps; the second took over the first one's name.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn search(&self, topic: String) -> Result<Vec<String>> {
        Ok(vec![topic])
    }

    #[step(name = "search")]
    async fn find(&self, topic: Vec<String>) -> Result<Vec<String>> {
        Ok(topic)
    }
}

fn main() {}
