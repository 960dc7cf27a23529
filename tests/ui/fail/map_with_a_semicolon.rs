// Wanted: check each item.
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
        flow.map(items, |item| {
            flow.check(item);
        })
        .await?;
        Ok(())
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
