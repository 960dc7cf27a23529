// Wanted: a state of one's own; what it begins with was forgotten.
use agno::prelude::*;

#[agno::data]
#[derive(State)]
struct Notes {
    pages: u32,
}

#[workflow]
struct Article;

#[workflow(state = Notes)]
impl Article {
    #[step]
    async fn search(&self, notes: &mut Notes) -> Result<u32> {
        notes.pages += 1;
        Ok(notes.pages)
    }
}

fn main() {}
