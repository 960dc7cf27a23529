// Wanted: an old result when the site is down.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step(cache(stale_if_error = "1d"))]
    async fn read(&self, topic: String) -> String {
        topic
    }
}

fn main() {}
