// Wanted: check what is long.
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
    async fn run(flow: &Flow<Self>, items: Vec<String>) -> Result<String> {
        let item = items.concat();
        let checked = if item.len() > 3 {
            flow.check(item)
        } else {
            item
        };
        Ok(checked)
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
