// Wanted: a price, and an invoice of it.
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
    async fn invoice(&self, price: u64) -> Result<String> {
        Ok(price.to_string())
    }

    #[flow]
    async fn run(flow: &Flow<Self>, item: String) -> Result<String> {
        let price = flow.price(item);
        flow.invoice(price).await
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
