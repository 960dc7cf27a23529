// Wanted: change the session's notes.
use agno::prelude::*;

#[data]
#[derive(Default, State)]
struct Notes {
    drafts: u32,
}

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn search(&self, notes: &mut Notes) -> Result<u32> {
        notes.drafts += 1;
        Ok(notes.drafts)
    }
}

fn main() {}
