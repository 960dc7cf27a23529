// Wanted: a flow that reports how far it is.
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
    async fn run(flow: &Flow<Self>, context: &StepContext, topic: String) -> Result<String> {
        context.progress("searching");
        flow.search(topic).await
    }
}

fn main() {}
