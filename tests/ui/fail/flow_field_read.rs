// Wanted: the number that the workflow was made with.
use agno::prelude::*;

#[workflow]
struct Order {
    least: u32,
}

#[workflow]
impl Order {
    #[step]
    async fn count(&self, items: Vec<String>) -> Result<u32> {
        Ok(items.len() as u32)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, items: Vec<String>) -> Result<u32> {
        let count = flow.count(items).await?;
        Ok(count + flow.least)
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order { least: 3 }).main()
}
