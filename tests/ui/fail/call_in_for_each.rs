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
        items.into_iter().for_each(|item| {
            flow.check(item);
        });
        Ok(())
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
