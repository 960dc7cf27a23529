// Wanted: a workflow with a state.
use agno::prelude::*;

#[data]
#[derive(Default, State)]
struct Notes {
    #[merge(append)]
    topics: Vec<String>,
}

#[workflow]
struct Article;

#[workflow(Notes)]
impl Article {
    #[step]
    async fn search(&self, notes: &mut Notes, topic: String) -> Result<String> {
        notes.topics.push(topic.clone());
        Ok(topic)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        flow.search(topic).await
    }
}

fn main() {}
