// Wanted: add the pages of both steps.
use agno::prelude::*;

#[data]
#[derive(Default, State)]
struct Notes {
    #[merge(concat)]
    pages: Vec<String>,
}

#[workflow]
struct Article;

#[workflow(state = Notes)]
impl Article {
    #[step]
    async fn search(&self, notes: &mut Notes, topic: String) -> Result<String> {
        notes.pages.push(topic.clone());
        Ok(topic)
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Article).main()
}
