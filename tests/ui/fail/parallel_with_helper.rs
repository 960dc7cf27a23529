// Wanted: a search beside work of its own.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn search(&self, topic: String) -> Result<Vec<String>> {
        Ok(vec![topic])
    }

    async fn word(&self) -> Result<String> {
        Ok("word".to_owned())
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<Vec<String>> {
        let (found, word) = flow
            .parallel((flow.search(topic), flow.workflow().word()))
            .await?;
        Ok([found, vec![word]].concat())
    }
}

fn main() {}
