// Wanted: steps for what can be sent.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article
where
    String: Send,
{
    #[step]
    async fn search(&self, topic: String) -> Result<String> {
        Ok(topic)
    }
}

fn main() {}
