// Wanted: show how far the flow is.
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
        println!("searching {topic}");
        Ok(flow.search(topic).await?)
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Article).main()
}
