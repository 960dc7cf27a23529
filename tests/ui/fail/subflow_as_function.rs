// Wanted: call a sub-flow.
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
        Self::finish(flow, topic).await
    }

    #[flow]
    async fn finish(flow: &Flow<Self>, topic: String) -> Result<String> {
        Ok(flow.search(topic).await?)
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Article).main()
}
