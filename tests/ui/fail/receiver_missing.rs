// Wanted: a step that does not need the workflow.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn search(topic: String) -> Result<String> {
        Ok(topic)
    }
}

fn main() {}
