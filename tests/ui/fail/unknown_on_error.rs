// Wanted: go on when the step fails.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step(on_error = "ignore")]
    async fn search(&self, topic: String) -> Result<Vec<String>> {
        Ok(vec![topic])
    }
}

fn main() {}
