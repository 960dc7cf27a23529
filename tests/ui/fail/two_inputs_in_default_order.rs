// Wanted: `write` takes the topic and the notes.
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
    async fn write(&self, notes: Vec<String>, topic: String) -> Result<String> {
        Ok(notes.concat() + &topic)
    }
}

fn main() {}
