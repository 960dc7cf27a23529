// Wanted: a step for anything that is text.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn search<T: ToString>(&self, topic: T) -> Result<String> {
        Ok(topic.to_string())
    }
}

fn main() {}
