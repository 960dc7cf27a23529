// Wanted: go on without a draft when writing fails.
use agno::prelude::*;

#[data]
struct Draft {
    text: String,
}

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step(on_error = "skip")]
    async fn write(&self, topic: String) -> Result<Draft> {
        Ok(Draft { text: topic })
    }
}

fn main() {}
