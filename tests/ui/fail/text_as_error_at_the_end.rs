// Wanted: a flow that fails with a text.
use agno::prelude::*;

#[workflow]
struct Shop;

#[workflow]
impl Shop {
    #[step]
    async fn buy(&self, item: String) -> Result<u32> {
        Ok(item.parse()?)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, item: String) -> Result<u32> {
        match flow.buy(item.clone()).await? {
            0 => Err(format!("nobody sells {item}")),
            sold => Ok(sold),
        }
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Shop).main()
}
