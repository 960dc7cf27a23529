// Wanted: one step that calls the next.
#![deny(deprecated)]
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn write(&self, topic: String) -> Result<String> {
        self.polish(topic).await
    }

    #[step]
    async fn polish(&self, text: String) -> Result<String> {
        Ok(text)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        flow.write(topic).await
    }
}

fn main() {}
