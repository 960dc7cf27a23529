// Wanted: a part of the flow beside a step.
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
        let (one, two) = flow
            .parallel((flow.price(item.clone()), Self::twice(flow, item)))
            .await?;
        Ok(one + two)
    }

    async fn twice(flow: &Flow<Self>, item: String) -> Result<u32> {
        Ok(flow.price(item.clone()).await? + flow.price(item).await?)
    }
}

fn main() {}
