// Wanted: hand the sources on to `write`.
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
    async fn write(&self, notes: String) -> Result<String> {
        Ok(notes)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        let notes = flow.search(topic).await?;
        Ok(flow.write(notes).await?)
    }
}

fn main() {}
