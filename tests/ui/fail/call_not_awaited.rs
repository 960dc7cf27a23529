// Wanted: log the topic, then search.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn log(&self, line: String) {
        println!("{line}");
    }

    #[step]
    async fn search(&self, topic: String) -> Result<Vec<String>> {
        Ok(vec![topic])
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        flow.log(topic.clone());
        Ok(flow.search(topic).await?.concat())
    }
}

fn main() {}
