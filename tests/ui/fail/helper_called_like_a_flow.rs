// Wanted: a part of the flow in a function of its own.
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
        flow.twice(item).await
    }

    async fn twice(flow: &Flow<Self>, item: String) -> Result<u32> {
        Ok(flow.price(item.clone()).await? + flow.price(item).await?)
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Shop).main()
}
