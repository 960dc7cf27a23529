// Wanted: show the time.
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
        flow.say(format!("{:?}", #[allow_in_flow(clock = "it is only shown")] std::time::Instant::now()));
        flow.search(topic).await
    }
}

fn main() {}
