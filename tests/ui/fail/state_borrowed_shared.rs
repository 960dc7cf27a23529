// Wanted: a step that only reads the state.
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
    async fn search(&self, notes: &Notes, topic: String) -> Result<String> {
        Ok(format!("{topic} {}", notes.drafts))
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Article).main()
}
