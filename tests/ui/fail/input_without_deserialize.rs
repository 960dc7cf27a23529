// Wanted: an input with derives of one's own; `Deserialize` was forgotten.
use agno::prelude::*;

#[derive(Serialize, JsonSchema)]
#[serde(crate = "agno::__private::serde")]
#[schemars(crate = "agno::__private::schemars")]
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
