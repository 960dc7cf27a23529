// Wanted: a timeout of one and a half seconds.
use agno::prelude::*;

#[workflow]
struct Order;

#[workflow]
impl Order {
    #[step(timeout = 1.5)]
    async fn price(&self, item: String) -> Result<u64> {
        Ok(item.len() as u64)
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
