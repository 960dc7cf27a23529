// Wanted: a step that fails with any error.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn count(&self, text: String) -> Result<u32, Box<dyn std::error::Error>> {
        Ok(text.parse()?)
    }
}

fn main() {}
