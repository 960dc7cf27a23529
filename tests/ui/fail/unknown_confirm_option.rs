// Wanted: the question goes away after an hour.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step(confirm(message = "Publish this post?", time_out = "1h"))]
    async fn publish(&self, post: String) -> Result<String> {
        Ok(post)
    }
}

fn main() {}
