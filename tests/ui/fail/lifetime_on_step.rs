// Wanted: a step that borrows its input.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn search<'a>(&self, topic: &'a str) -> Result<String> {
        Ok(topic.to_owned())
    }
}

fn main() {}
