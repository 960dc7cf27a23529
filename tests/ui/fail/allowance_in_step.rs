// Wanted: to log when it began.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn search(&self, topic: String) -> Result<Vec<String>> {
        #[allow_in_flow(clock = "it is only logged")]
        let now = std::time::Instant::now();
        Ok(vec![topic, format!("{now:?}")])
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<Vec<String>> {
        flow.search(topic).await
    }
}

fn main() {}
