// Wanted: the number of the attempt.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn search(&self, topic: String, context: StepContext) -> Result<String> {
        Ok(format!("{topic} {}", context.attempt()))
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Article).main()
}
