// Wanted: a step that a model may call as well.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    /// Searches.
    #[step]
    #[tool]
    async fn search(&self, topic: String) -> Result<String> {
        Ok(topic)
    }
}

fn main() {}
