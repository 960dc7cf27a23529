// Wanted: a step that returns a struct, used twice.
use agno::prelude::*;

struct Draft {
    text: String,
}

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn write(&self, topic: String) -> Result<Draft> {
        Ok(Draft { text: topic })
    }

    #[step]
    async fn publish(&self, draft: Draft) -> Result<String> {
        Ok(draft.text)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        let draft = flow.write(topic).await?;
        Ok(flow.publish(draft).await?)
    }
}

fn main() {}
