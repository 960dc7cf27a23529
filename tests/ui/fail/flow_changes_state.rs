// Wanted: count in the flow.
use agno::prelude::*;

#[data]
#[derive(Default, State)]
struct Notes {
    drafts: u32,
}

#[workflow]
struct Article;

#[workflow(state = Notes)]
impl Article {
    #[step]
    async fn search(&self, topic: String) -> Result<Vec<String>> {
        Ok(vec![topic])
    }

    #[flow]
    async fn run(flow: &Flow<Self>, notes: &mut Notes) -> Result<String> {
        notes.drafts += 1;
        Ok(flow.search(String::new()).await?.concat())
    }
}

fn main() {}
