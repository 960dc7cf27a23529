// Wanted: a step that is tried again; its options are those of another system. Errors: 3.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step(retry(max_attempts = 3, initial_interval = "1s", backoff_coefficient = 2.0))]
    async fn search(&self, topic: String) -> Result<String> {
        Ok(topic)
    }
}

fn main() {}
