// Wanted: keep the whole report.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn search(&self, topic: String) -> Result<Vec<String>> {
        Ok(vec![topic])
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        flow.report(topic).await
    }

    #[flow(cache(ttl = "1h"))]
    async fn report(flow: &Flow<Self>, topic: String) -> Result<String> {
        flow.confirm("search?").await?;
        Ok(flow.search(topic).await?.concat())
    }
}

fn main() {}
