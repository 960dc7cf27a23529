// Wanted: a step that takes the workflow.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn search(self, topic: String) -> Result<String> {
        Ok(topic)
    }
}

fn main() {}
