// Wanted: a price of each.
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
    async fn run(flow: &Flow<Self>, items: Vec<String>) -> Result<Vec<Quote>> {
        let quotes: Vec<Quote> = items.into_iter().map(|item| flow.quote(item)).collect();
        Ok(quotes)
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
