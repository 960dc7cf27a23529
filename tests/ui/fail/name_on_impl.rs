// Wanted: another name for the workflow.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow(name = "Writer")]
impl Article {
    #[step]
    async fn search(&self, topic: String) -> Result<Vec<String>> {
        Ok(vec![topic])
    }
}

fn main() {}
