// Wanted: a shorter name for the return type.
use agno::prelude::*;

type Found = std::result::Result<String, String>;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn search(&self, topic: String) -> Found {
        Ok(topic)
    }
}

fn main() {}
