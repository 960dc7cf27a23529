// Wanted: publish when nobody has said anything.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step(confirm(message = "Publish this post?", on_timeout = "approve"))]
    async fn publish(&self, post: String) -> Result<String> {
        Ok(post)
    }
}

fn main() {}
