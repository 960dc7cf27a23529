// Wanted: to wait for a step.
use agno::prelude::*;

fn block_on<F: Future>(_: F) -> F::Output {
    todo!()
}

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
        flow.search(topic.clone()).await?;
        let text = block_on(flow.search(topic))?;
        Ok(text)
    }
}

fn main() {}
