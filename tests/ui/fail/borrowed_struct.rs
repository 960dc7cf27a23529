// Wanted: a step that borrows a draft.
use agno::prelude::*;

#[data]
struct Draft {
    text: String,
}

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn publish(&self, draft: &Draft) -> Result<String> {
        Ok(draft.text.clone())
    }
}

fn main() {}
