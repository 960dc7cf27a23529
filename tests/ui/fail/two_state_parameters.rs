// Wanted: change the notes and a counter.
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
    async fn search(&self, notes: &mut Notes, count: &mut u32) -> Result<u32> {
        *count += 1;
        notes.drafts += *count;
        Ok(*count)
    }
}

fn main() {}
