// Wanted: add up prices.
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
        let mut quotes = Vec::new();
        for item in items {
            quotes.push(flow.quote(item));
        }
        Ok(quotes.iter().map(|quote| quote.price).sum())
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
