// Wanted: a constant for the steps; it is marked as one.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step(timeout = "30s")]
    const LONGEST: usize = 300;

    #[step]
    async fn shorten(&self, text: String) -> Result<String> {
        Ok(text.chars().take(Self::LONGEST).collect())
    }
}

fn main() {}
