// Wanted: the cheaper of two.
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

    #[step]
    async fn cheaper(&self, a: Quote, b: Quote) -> Result<Quote> {
        Ok(if a.price < b.price { a } else { b })
    }

    #[flow]
    async fn run(flow: &Flow<Self>, items: Vec<String>) -> Result<Quote> {
        let mut best = flow.quote(items[0].clone()).await?;
        let next = flow.quote(items[1].clone()).await?;
        best = flow.cheaper(best, next);
        Ok(best)
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
