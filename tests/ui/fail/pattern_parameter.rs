// Wanted: take a pair apart.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn search(&self, (topic, page): (String, u32)) -> Result<String> {
        Ok(format!("{topic}{page}"))
    }
}

fn main() {}
