// Wanted: a flow that calls another one.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn search(&self, topic: String) -> Result<Vec<String>> {
        Ok(vec![topic])
    }

    #[step]
    async fn write(&self, notes: Vec<String>) -> Result<String> {
        Ok(notes.concat())
    }

    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        let notes = flow.search(topic).await?;
        flow.finish(notes).await
    }

    #[flow]
    async fn finish(flow: &Flow<Self>, notes: Vec<String>) -> Result<String> {
        flow.write(notes).await
    }
}

fn main() {}
