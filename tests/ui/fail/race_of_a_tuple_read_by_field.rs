// Wanted: the price of the shop that answers first.
use agno::prelude::*;

#[agno::data]
struct Quote {
    price: u32,
}

#[workflow]
struct Order;

#[workflow]
impl Order {
    #[step]
    async fn quote(&self, item: String) -> Result<Quote> {
        Ok(Quote {
            price: item.len() as u32,
        })
    }

    #[flow]
    async fn run(flow: &Flow<Self>, items: Vec<String>) -> Result<u32> {
        let [a, b] = [items[0].clone(), items[1].clone()];
        let price = flow.race((flow.quote(a), flow.quote(b))).await?.price;
        Ok(price)
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
