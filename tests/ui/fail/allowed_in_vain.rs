// Wanted: say that the time is only shown.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn search(&self, topic: String) -> Result<String> {
        Ok(topic)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        #[allow_in_flow(clock = "the time is only shown")]
        let topic = topic.to_uppercase();
        flow.search(topic).await
    }
}

fn main() {}
