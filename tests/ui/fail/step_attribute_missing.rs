// Wanted: call `write` from the flow.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn search(&self, topic: String) -> Result<Vec<String>> {
        Ok(vec![topic])
    }

    async fn write(&self, notes: Vec<String>) -> Result<String> {
        Ok(notes.concat())
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        let notes = flow.search(topic).await?;
        Ok(flow.write(notes).await?)
    }
}

fn main() {}
