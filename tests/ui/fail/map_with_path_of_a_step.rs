// Wanted: a search for each word; the method is given by its path.
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
    async fn run(flow: &Flow<Self>, topic: String) -> Result<Vec<String>> {
        let words = topic.split(' ').map(str::to_owned);
        Ok(flow.map(words, Self::search).await?.concat())
    }
}

fn main() {}
