// Wanted: a step that knows what it wrote in the last runs.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step(history = 3)]
    async fn write(&self, topic: String) -> Result<String> {
        Ok(topic)
    }
}

fn main() {}
