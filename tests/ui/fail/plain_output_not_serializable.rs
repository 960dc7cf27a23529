// Wanted: a step that cannot fail and returns a struct.
use agno::prelude::*;

struct Draft {
    text: String,
}

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn write(&self, topic: String) -> Draft {
        Draft { text: topic }
    }
}

fn main() {}
