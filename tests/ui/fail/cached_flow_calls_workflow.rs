// Wanted: keep what another workflow found out.
use agno::prelude::*;

#[workflow]
struct Search;

#[workflow]
impl Search {
    #[step]
    async fn find(&self, topic: String) -> Result<String> {
        Ok(topic)
    }
}

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        Ok(flow.report(topic).await?)
    }

    #[flow(cache(ttl = "1h"))]
    async fn report(flow: &Flow<Self>, topic: String) -> Result<String> {
        Ok(flow.call::<Search>(topic).await?)
    }
}

fn main() {}
