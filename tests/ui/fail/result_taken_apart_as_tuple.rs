// Wanted: two quotes at once.
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
    async fn run(flow: &Flow<Self>, item: String) -> Result<u64> {
        let (a, b) = flow
            .parallel((flow.quote(item.clone()), flow.quote(item)))
            .await;
        Ok(a.price + b.price)
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
