// Wanted: publish a report once an hour at most.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step(on_error = "pause")]
    async fn publish(&self, topic: String) -> Result<String> {
        Ok(topic)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        flow.report(topic).await
    }

    #[flow(cache(ttl = "1h"))]
    async fn report(flow: &Flow<Self>, topic: String) -> Result<String> {
        flow.publish(topic).await
    }
}

fn main() {}
