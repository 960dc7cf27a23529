// Wanted: to ask with the topic in the question.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn publish(&self, topic: String) -> Result<String> {
        Ok(topic)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        if !flow.confirm("Publish {}?", topic).await? {
            return Ok("left out".to_owned());
        }
        flow.publish(topic).await
    }
}

fn main() {}
