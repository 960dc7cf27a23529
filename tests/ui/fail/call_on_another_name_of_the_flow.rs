// Wanted: a shorter name for the flow, and a call by it.
use agno::prelude::*;

#[workflow]
struct Shop;

#[workflow]
impl Shop {
    #[step]
    async fn price(&self, item: String) -> Result<u32> {
        Ok(item.parse()?)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, item: String) -> Result<u32> {
        let shop = flow;
        shop.price(item.clone());
        shop.price(item).await
    }
}

fn main() {}
