// Wanted: check all items together.
#![deny(deprecated)]
#![allow(unused_must_use)]
use agno::prelude::*;

#[workflow]
struct Order;

#[workflow]
impl Order {
    #[step]
    async fn check(&self, item: String) -> Result<String> {
        Ok(item)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, items: Vec<String>) -> Result<()> {
        flow.check(items.concat()).await;
        Ok(())
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
