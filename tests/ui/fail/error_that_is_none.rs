// Wanted: an error type of one's own.
use agno::prelude::*;

struct Failed;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn search(&self, topic: String) -> std::result::Result<String, Failed> {
        if topic.is_empty() { Err(Failed) } else { Ok(topic) }
    }
}

fn main() {}
