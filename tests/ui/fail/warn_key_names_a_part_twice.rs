// Wanted: one cached result for each title.
#![deny(deprecated)]
use agno::prelude::*;

#[data]
struct Topic {
    title: String,
}

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step(cache(key = "topic, topic.title"))]
    async fn search(&self, topic: Topic) -> Result<String> {
        Ok(topic.title)
    }
}

fn main() {}
