// Wanted: steps in an order of their own.
use agno::prelude::*;

#[workflow]
struct Order;

#[workflow]
impl Order {
    #[step]
    async fn price(&self, item: String) -> Result<u64> {
        Ok(item.len() as u64)
    }

    #[step]
    async fn invoice(&self, item: String, price: u64) -> Result<String> {
        Ok(format!("{item}: {price}"))
    }

    async fn run(flow: &Flow<Self>, item: String) -> Result<String> {
        let price = flow.price(item.clone()).await?;
        flow.invoice(item, price).await
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
