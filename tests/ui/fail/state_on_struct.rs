// Wanted: a workflow with a state.
use agno::prelude::*;

#[data]
#[derive(Default, State)]
struct Notes {
    drafts: u32,
}

#[workflow(state = Notes)]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn search(&self, topic: String) -> Result<Vec<String>> {
        Ok(vec![topic])
    }
}

fn main() {}
