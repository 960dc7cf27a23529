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
        #[allow_in_flow(clock = "")]
        flow.say(format!("{:?}", std::time::Instant::now()));
        flow.search(topic).await
    }
}

fn main() {}
