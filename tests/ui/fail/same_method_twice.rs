// Wanted: two steps; the second was copied.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn search(&self, topic: String) -> Result<String> {
        Ok(topic)
    }

    #[step]
    async fn search(&self, topic: String) -> Result<String> {
        Ok(topic)
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Article).main()
}
