// Wanted: an agent as a step.
use agno::prelude::*;

#[workflow]
struct Article {
    #[step]
    writer: String,
}

#[workflow]
impl Article {
    #[step]
    async fn write(&self) -> String {
        self.writer.clone()
    }
}

fn main() {}
