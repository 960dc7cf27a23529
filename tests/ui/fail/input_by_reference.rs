// Wanted: an input without a copy of it.
use agno::prelude::*;

#[data]
struct Quote {
    pence: u32,
}

#[workflow]
struct Orders;

#[workflow]
impl Orders {
    #[step]
    async fn quote(&self, item: String) -> Result<Quote> {
        Ok(Quote {
            pence: item.len() as u32,
        })
    }

    #[step]
    async fn ship(&self, quote: &Quote, item: String) -> Result<u32> {
        Ok(quote.pence + item.len() as u32)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, item: String) -> Result<u32> {
        let quote = flow.quote(item.clone()).await?;
        flow.ship(&quote, item).await
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Orders).main()
}
