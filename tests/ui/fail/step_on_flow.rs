// Wanted: the flow, marked like the steps around it.
use agno::prelude::*;

#[workflow]
struct Shop;

#[workflow]
impl Shop {
    #[step]
    async fn price(&self, item: String) -> Result<u32> {
        Ok(item.parse()?)
    }

    #[step(retry(max = 3))]
    async fn run(flow: &Flow<Self>, item: String) -> Result<u32> {
        flow.price(item).await
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Shop).main()
}
