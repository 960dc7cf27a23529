// Wanted: a step for what can be told apart.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn search(&self, topic: String) -> Result<String>
    where
        String: Clone,
    {
        Ok(topic)
    }
}

fn main() {}
