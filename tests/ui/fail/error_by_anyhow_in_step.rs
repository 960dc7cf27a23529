// Wanted: fail without items.
use agno::prelude::*;

#[workflow]
struct Order;

#[workflow]
impl Order {
    #[step]
    async fn pay(&self, items: Vec<String>) -> Result<u32> {
        if items.is_empty() {
            anyhow::bail!("no items");
        }
        Ok(1)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, items: Vec<String>) -> Result<u32> {
        let count = flow.pay(items).await?;
        Ok(count)
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
