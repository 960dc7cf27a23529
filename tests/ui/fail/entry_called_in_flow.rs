// Wanted: a sub-flow, written above the flow that calls it.
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
    async fn finish(flow: &Flow<Self>, topic: String) -> Result<String> {
        Ok(flow.search(topic).await?)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        Ok(flow.finish(topic).await?)
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Article).main()
}
