// Types under other names: input, output, state, context.
use agno::prelude::*;

type Found = Vec<String>;
type Session = Notes;
type Context = StepContext;

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
    async fn search(&self, notes: &mut Session, topics: Found, context: &Context) -> Result<Found> {
        let _ = context;
        notes.drafts += 1;
        Ok(topics)
    }

    #[step]
    fn count(&self, found: Vec<String>) -> usize {
        found.len()
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topics: Found) -> Result<u32> {
        let found = flow.search(topics).await?;
        let _ = flow.count(found).await?;
        Ok(flow.state().drafts)
    }
}

fn main() {}
