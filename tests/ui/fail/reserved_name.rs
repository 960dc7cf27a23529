// Wanted: a step that reviews a draft.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn review(&self, draft: String) -> Result<String> {
        Ok(draft)
    }
}

fn main() {}
