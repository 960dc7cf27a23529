// Wanted: a program that searches; the struct is not marked.
use agno::prelude::*;

struct Article;

#[workflow]
impl Article {
    #[step]
    async fn search(&self, topic: String) -> Result<Vec<String>> {
        Ok(vec![topic])
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<Vec<String>> {
        flow.search(topic).await
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let runtime = Runtime::builder().workflow(Article).build().await?;
    let found = runtime.start::<Article>("rust".to_owned()).await?.await?;
    println!("{found:?}");
    Ok(())
}
