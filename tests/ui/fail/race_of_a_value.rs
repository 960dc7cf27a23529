// Wanted: take the search, or the answer that is known.
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
        let known = std::future::ready(Vec::new());
        match flow.race((flow.search(topic), known)).await? {
            Winner::First(found) => Ok(found),
            Winner::Second(known) => Ok(known),
        }
    }
}

fn main() {}
