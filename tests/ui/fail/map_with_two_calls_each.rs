// Wanted: two searches for each word.
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
        let found = flow
            .map(words, |word| {
                let first = flow.search(word).await?;
                flow.search(first.concat())
            })
            .await?;
        Ok(found.concat())
    }
}

fn main() {}
