// Wanted: put the article on the web, in a function that the flow is handed to.
#![deny(dead_code)]
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
        write(flow, topic).await
    }
}

async fn write(flow: &Flow<Article>, topic: String) -> Result<String> {
    flow.write(topic).await
}

fn main() {
    let _ = Runtime::builder().workflow(Article);
}
