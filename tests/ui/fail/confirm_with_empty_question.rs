// Wanted: somebody looks at the post before it is published.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step(confirm(message = "", timeout = "1h"))]
    async fn publish(&self, post: String) -> Result<String> {
        Ok(post)
    }
}

fn main() {}
