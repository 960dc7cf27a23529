// Wanted: keep the drafts for an hour.
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
    #[step(cache(ttl = "1h"))]
    async fn write(&self, notes: &mut Notes, topic: String) -> Result<String> {
        notes.drafts += 1;
        Ok(topic)
    }
}

fn main() {}
