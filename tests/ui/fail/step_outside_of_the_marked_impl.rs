// Wanted: a second step.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn search(&self, topic: String) -> Result<Vec<String>> {
        Ok(vec![topic])
    }
}

impl Article {
    #[step]
    async fn read(&self, found: Vec<String>) -> Result<String> {
        Ok(found.concat())
    }
}

fn main() {}
