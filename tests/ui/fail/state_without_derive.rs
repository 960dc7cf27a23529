// Wanted: a state of one's own.
use agno::prelude::*;

#[data]
#[derive(Default)]
struct Notes {
    drafts: u32,
}

#[workflow]
struct Article;

#[workflow(state = Notes)]
impl Article {
    #[step]
    async fn search(&self, notes: &mut Notes) -> Result<u32> {
        notes.drafts += 1;
        Ok(notes.drafts)
    }
}

fn main() {}
