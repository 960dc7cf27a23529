// Wanted: how many offers there are.
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
        let all = flow.offers(item).await.iter().count();
        Ok(all as u64)
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
