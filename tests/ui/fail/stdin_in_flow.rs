// Wanted: ask on the terminal.
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
        let mut topic = topic;
        std::io::stdin().read_line(&mut topic)?;
        flow.search(topic).await
    }
}

fn main() {}
