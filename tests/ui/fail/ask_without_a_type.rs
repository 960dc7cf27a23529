// Wanted: how many a person wants.
use agno::prelude::*;

#[workflow]
struct Order;

#[workflow]
impl Order {
    #[step]
    async fn count(&self, items: Vec<String>) -> Result<u32> {
        Ok(items.len() as u32)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, items: Vec<String>) -> Result<u32> {
        let answer = flow.ask("How many?").await?;
        flow.count(items).await
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
