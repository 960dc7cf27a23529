// Wanted: leave the post out when nobody answers.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step(confirm(message = "Publish this post?", timeout = "1h", on_timeout = "skip"))]
    async fn publish(&self, post: String) -> Result<String> {
        Ok(post)
    }
}

fn main() {}
