// Wanted: an old result at once, and a new one that a person has agreed to.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step(confirm = "Read it?", cache(ttl = "1h", stale_while_revalidate = "10m"))]
    async fn read(&self, topic: String) -> String {
        topic
    }
}

fn main() {}
