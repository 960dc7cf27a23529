// Wanted: a price that is looked up once more inside another step.
#![deny(deprecated)]
use agno::prelude::*;

#[workflow]
struct Shop;

#[workflow]
impl Shop {
    #[step]
    async fn price(&self, item: String) -> Result<u32> {
        Ok(item.parse()?)
    }

    #[step]
    async fn buy(&self, item: String) -> Result<u32> {
        Ok(self.price(item).await? + 1)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, item: String) -> Result<u32> {
        flow.price(item.clone()).await?;
        flow.buy(item).await
    }
}

fn main() {}
