// Wanted: `write` takes what `search` found, in the order of declaration.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn search(&self, topic: String) -> Result<Vec<String>> {
        Ok(vec![topic])
    }

    #[step]
    async fn write(&self, notes: u32) -> Result<String> {
        Ok(notes.to_string())
    }
}

fn main() {}
