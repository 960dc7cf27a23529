// Wanted: four searches at a time.
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
        let words: Vec<String> = topic.split(' ').map(str::to_owned).collect();
        let found = flow.map(words, |word| flow.search(word)).await.limit(4)?;
        Ok(found.concat())
    }
}

fn main() {}
