// Wanted: tell another program.
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
        std::process::Command::new("notify").arg(&topic).status()?;
        flow.search(topic).await
    }
}

fn main() {}
