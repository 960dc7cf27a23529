// Wanted: count the searches in the workflow.
use agno::prelude::*;

#[workflow]
struct Article {
    searches: u32,
}

#[workflow]
impl Article {
    #[step]
    async fn search(&mut self, topic: String) -> Result<String> {
        self.searches += 1;
        Ok(topic)
    }
}

fn main() {}
