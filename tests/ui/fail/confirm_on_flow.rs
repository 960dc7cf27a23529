// Wanted: somebody agrees before the report is made.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn write(&self, topic: String) -> Result<String> {
        Ok(topic)
    }

    #[flow(confirm = "Make the report?")]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        flow.write(topic).await
    }
}

fn main() {}
