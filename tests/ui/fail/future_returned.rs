// Wanted: a step that returns a future.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    fn search(&self, topic: String) -> impl Future<Output = String> {
        async { topic }
    }
}

fn main() {}
