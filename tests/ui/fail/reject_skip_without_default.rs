// Wanted: go on without the post when somebody says no.
use agno::prelude::*;

#[data]
struct Post {
    address: String,
}

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step(confirm(message = "Publish this post?", on_reject = "skip"))]
    async fn publish(&self, text: String) -> Result<Post> {
        Ok(Post { address: text })
    }
}

fn main() {}
