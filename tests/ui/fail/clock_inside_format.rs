// Wanted: log the time.
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
        flow.say(format!("{:?}", std::time::SystemTime::now()));
        Ok(flow.search(topic).await?.concat())
    }
}

fn main() {}
