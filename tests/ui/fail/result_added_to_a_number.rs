// Wanted: one more than there are.
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
        Ok(flow.count(items).await + 1)
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
