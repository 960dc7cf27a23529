// Wanted: a step that confirms an order.
use agno::prelude::*;

#[workflow]
struct Order;

#[workflow]
impl Order {
    #[step]
    async fn confirm(&self, item: String) -> Result<String> {
        Ok(item.to_uppercase())
    }

    #[flow]
    async fn run(flow: &Flow<Self>, item: String) -> Result<usize> {
        let confirmed = flow.confirm(item).await?;
        Ok(confirmed.len())
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
