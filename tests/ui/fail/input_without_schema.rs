// Wanted: an input with derives of one's own; `JsonSchema` was forgotten.
use agno::prelude::*;

#[derive(Serialize, Deserialize)]
#[serde(crate = "agno::__private::serde")]
struct Topic {
    title: String,
}

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn search(&self, topic: Topic) -> Result<String> {
        Ok(topic.title)
    }
}

fn main() {}
