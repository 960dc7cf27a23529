// Wanted: whether there are three.
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
    async fn run(flow: &Flow<Self>, items: Vec<String>) -> Result<bool> {
        let count = flow.count(items).await;
        Ok(count == 3)
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
