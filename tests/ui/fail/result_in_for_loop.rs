// Wanted: the sum of all offers.
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
    async fn offers(&self, item: String) -> Result<Vec<Quote>> {
        let price = item.len() as u64;
        Ok(vec![Quote { price }])
    }

    #[flow]
    async fn run(flow: &Flow<Self>, item: String) -> Result<u64> {
        let mut sum = 0;
        for offer in flow.offers(item).await {
            sum += offer.price;
        }
        Ok(sum)
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
