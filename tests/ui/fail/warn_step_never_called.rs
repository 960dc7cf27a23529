// Wanted: put the article on the web; the flow ends before.
#![deny(deprecated)]
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn write(&self, topic: String) -> Result<String> {
        Ok(topic)
    }

    #[step]
    async fn publish(&self, article: String) -> Result<()> {
        drop(article);
        Ok(())
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        flow.write(topic).await
    }
}

fn main() {}
