// Wanted: a tag with a part of the input.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step(cache(ttl = "1h", tags = "site, {topik}"))]
    async fn read(&self, topic: String) -> String {
        topic
    }
}

fn main() {}
