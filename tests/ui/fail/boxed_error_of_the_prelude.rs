// Wanted: a step that fails with any error, with the `Error` that is in scope.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn count(&self, text: String) -> Result<u32, Box<dyn Error>> {
        Ok(text.parse()?)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, text: String) -> Result<u32> {
        flow.count(text).await
    }
}

fn main() {}
