// Wanted: five more attempts.
use agno::prelude::*;

#[workflow]
struct Order;

#[workflow]
impl Order {
    #[step(retry = 5)]
    async fn price(&self, item: String) -> Result<u64> {
        Ok(item.len() as u64)
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
