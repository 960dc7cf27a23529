// Wanted: a workflow with one step; the struct was not marked.
use agno::prelude::*;

struct Article;

#[workflow]
impl Article {
    #[step]
    async fn search(&self, topic: String) -> Result<Vec<String>> {
        Ok(vec![topic])
    }
}

fn main() {}
