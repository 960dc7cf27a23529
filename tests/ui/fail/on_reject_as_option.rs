// Wanted: go on without publishing when somebody says no.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step(confirm = "Publish this post?", on_reject = "skip")]
    async fn publish(&self, post: String) -> Result<String> {
        Ok(post)
    }
}

fn main() {}
