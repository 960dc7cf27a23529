// Wanted: run the step `search`.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn search(&self, topic: String) -> Result<String> {
        Ok(topic)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        let found = flow.search(topic).await?;
        Ok(Article.search(found).await?)
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Article).main()
}
