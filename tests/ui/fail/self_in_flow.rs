// Wanted: the words that every search has.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn search(&self, topic: String) -> Result<Vec<String>> {
        Ok(vec![topic])
    }

    fn words(&self) -> &'static str {
        "in English"
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<Vec<String>> {
        let words = self.words();
        flow.search(format!("{topic} {words}")).await
    }
}

fn main() {}
