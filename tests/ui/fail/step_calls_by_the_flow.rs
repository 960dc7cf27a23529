// Wanted: an invoice that asks for its price.
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
    async fn invoice(&self, item: String) -> Result<String> {
        let price = flow.price(item.clone()).await?;
        Ok(format!("{item}: {price}"))
    }

    #[flow]
    async fn run(flow: &Flow<Self>, item: String) -> Result<String> {
        flow.invoice(item).await
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
