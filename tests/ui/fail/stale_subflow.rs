// Wanted: a whole report at once, while a new one is written.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        flow.report(topic).await
    }

    #[flow(cache(ttl = "1h", stale_while_revalidate = "10m"))]
    async fn report(flow: &Flow<Self>, topic: String) -> Result<String> {
        flow.write(topic).await
    }

    #[step]
    async fn write(&self, topic: String) -> String {
        topic
    }
}

fn main() {}
