// Wanted: a step that remembers nothing.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step(history = 0)]
    async fn write(&self, topic: String, context: &StepContext) -> Result<String> {
        Ok(format!("{topic} {}", context.attempt()))
    }
}

fn main() {}
