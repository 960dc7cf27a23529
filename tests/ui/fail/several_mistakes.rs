// Wanted: a flow of two steps, with five mistakes in it. Errors: 5.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step(timout = "20s", retry(max = "3"))]
    async fn search(&self, topic: String) -> Result<Vec<String>> {
        Ok(vec![topic])
    }

    #[step]
    async fn map(&mut self, notes: Vec<String>) -> Result<String> {
        Ok(notes.concat())
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        let notes = flow.search(topic).await?;
        let _ = std::time::Instant::now();
        Ok(notes.concat())
    }
}

fn main() {}
