// Wanted: an agent's answer in the flow.
use agno::prelude::*;

#[workflow]
struct Article {
    writer: Agent,
}

#[workflow]
impl Article {
    #[step]
    async fn search(&self, topic: String) -> Result<String> {
        Ok(topic)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        flow.search(topic.clone()).await?;
        let text = flow.workflow().writer.run(topic).await?;
        Ok(text.to_string())
    }
}

fn main() {}
