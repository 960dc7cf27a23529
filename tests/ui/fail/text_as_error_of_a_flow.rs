// Wanted: two prices, or in words why there are none.
use agno::prelude::*;

#[data]
struct Quote {
    price: u64,
}

#[workflow]
struct Order;

#[workflow]
impl Order {
    #[step]
    async fn quote(&self, item: String) -> Result<Quote> {
        let price = item.len() as u64;
        Ok(Quote { price })
    }

    #[flow]
    async fn run(flow: &Flow<Self>, item: String) -> Result<u64, String> {
        let first = flow.quote(item.clone()).await?;
        let second = flow.quote(item).await?;
        Ok(first.price + second.price)
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
