// Wanted: a checked quote, under the name it had before.
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

    #[step]
    async fn check(&self, quote: Quote) -> Result<Quote> {
        Ok(quote)
    }

    #[step]
    async fn show(&self, quote: Quote) -> Result<u64> {
        Ok(quote.price)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, item: String) -> Result<u64> {
        let quote = flow.quote(item).await?;
        let quote = flow.check(quote).await;
        flow.show(quote).await
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
