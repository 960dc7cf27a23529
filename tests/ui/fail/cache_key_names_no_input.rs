// Wanted: one result per title.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step(cache(key = "topik"))]
    async fn search(&self, topic: String) -> Result<Vec<String>> {
        Ok(vec![topic])
    }
}

fn main() {}
